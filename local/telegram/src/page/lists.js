// Bots, chats, the places of a person, postbacks and calls.

import { button, clock, element } from "/simulator/page/dom.js";

const empty = (text) => element("li", { className: "empty" }, text);

function webhookLine(bot) {
  const waiting = bot.pending_updates === 1 ? "1 update waits" : `${bot.pending_updates} updates wait`;
  if (!bot.webhook) return element("p", { className: "quiet" }, `no webhook · ${waiting}`);
  const line = element("p", { className: "quiet" }, `webhook set · ${waiting}`);
  line.title = bot.webhook.url;
  return line;
}

export function bots(list, deeds) {
  if (list.length === 0) return [empty("No bot yet. Create one: its token is what your system connects with.")];
  return list.map((bot) => element("li", {},
    element("div", { className: "head" },
      element("strong", {}, `${bot.name} `, element("span", { className: "quiet" }, `@${bot.username}`)),
      button("Revoke", () => deeds.revoke(bot), { className: "small", "aria-label": `Revoke the token of ${bot.username}` })),
    element("div", { className: "token" },
      element("code", { title: bot.token }, bot.token),
      button("Copy token", () => deeds.copy(bot.token), { className: "small" })),
    webhookLine(bot),
    bot.webhook?.last_error_message
      ? element("p", { className: "quiet bad" }, `${clock(bot.webhook.last_error_date * 1000)} ${bot.webhook.last_error_message}`)
      : null));
}

const isAdministrator = (chat, bot) =>
  chat.members.some((member) => member.id === bot.id && member.status === "administrator");

export function chats({ chats: list, bots: allBots, names }, deeds) {
  if (list.length === 0) return [empty("No channel or group yet.")];
  return list.map((chat) => {
    const roles = allBots.map((bot) => isAdministrator(chat, bot)
      ? button(`Demote @${bot.username}`, () => deeds.demote(chat, bot), { className: "small" })
      : button(`Promote @${bot.username}`, () => deeds.promote(chat, bot), { className: "small" }));
    const requests = chat.requests.flatMap((user) => [
      button(`Approve ${names[user] ?? user}`, () => deeds.approve(chat, user), { className: "small" }),
      button(`Decline ${names[user] ?? user}`, () => deeds.decline(chat, user), { className: "small" }),
    ]);
    const moves = chat.kind === "group" && !chat.migrated_to
      ? [button("Make it a supergroup", () => deeds.migrate(chat), { className: "small" })] : [];
    return element("li", {},
      element("div", { className: "head" },
        element("strong", {}, chat.title),
        element("span", { className: "badge" }, `${chat.kind}${chat.join_by_request ? " · by request" : ""}`)),
      element("p", { className: "quiet" }, element("code", {}, `${chat.id}`), ` · ${chat.member_count} present`),
      element("div", { className: "deeds" }, ...roles, ...moves, ...requests));
  });
}

/** What the person can do in each chat. */
export function places({ chats: list, person }, deed) {
  return list.map((chat) => {
    const standing = chat.members.find((member) => member.id === person);
    const isPresent = standing?.is_present ?? false;
    const hasAsked = chat.requests.includes(person);
    const status = hasAsked ? "asked to join" : standing?.status ?? "not a member";
    const act = (text, verb) => button(text, () => deed(verb, chat), { className: "small" });
    const deeds = [];
    if (standing?.status === "creator") deeds.length = 0;
    else if (isPresent) deeds.push(act("Leave", "leave"), act("Be kicked", "kick"), act("Be banned", "ban"));
    else if (standing?.status === "kicked") deeds.push(act("Be unbanned", "unban"));
    else if (!hasAsked) deeds.push(chat.join_by_request ? act("Request to join", "request") : act("Join", "join"));
    return element("div", { className: "place" },
      element("span", {}, chat.title, " ",
        element("span", { className: `badge ${isPresent ? "good" : ""}` }, status)),
      element("span", { className: "deeds" }, ...deeds));
  });
}

export function postbacks(list) {
  if (list.length === 0) return [empty("Nothing yet.")];
  return list.map((postback) => {
    const pairs = [...new URLSearchParams(postback.query)];
    return element("li", {},
      element("div", { className: "head" },
        element("code", {}, `${postback.method} ${postback.path}`),
        element("span", { className: "quiet" }, clock(postback.at_ms))),
      element("dl", { className: "pairs" },
        ...pairs.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)])),
      postback.body ? element("code", { className: "quiet" }, postback.body.slice(0, 500)) : null);
  });
}

export function requests(list) {
  if (list.length === 0) return [empty("Nothing yet.")];
  return list.map((request) => element("li", {},
    element("div", { className: "head" },
      element("code", {}, request.method),
      element("span", { className: request.code === 200 ? "quiet" : "quiet bad" },
        `${request.code || "no answer"} · ${clock(request.at_ms)}`)),
    request.description ? element("p", { className: "quiet" }, request.description) : null));
}
