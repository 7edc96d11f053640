// The page: asks for the state about once a second, and does what the person does.

import { button, byId, call, notify, show, values } from "/simulator/page/dom.js";
import { conversation } from "/simulator/page/conversation.js";
import { buildFaults, showFaults } from "/simulator/page/faults.js";
import * as lists from "/simulator/page/lists.js";

const POLL_MS = 1000;
const MOST = 200;
let state = null;
let person = Number(sessionStorage.getItem("person")) || null;
let bot = null;

/** Does something and shows what came of it. */
async function deed(verb, path, body) {
  try {
    const answer = await call(verb, path, body);
    await refresh();
    return answer;
  } catch (error) {
    notify(error.message);
    return null;
  }
}

const post = (path, body = {}) => deed("POST", path, body);

/** What the person does; needs one. */
function act(verb, body) {
  if (person) return post(`/users/${person}/${verb}`, body);
  notify("Create a person first.");
  return null;
}

const deeds = {
  revoke: (own) => post(`/bots/${own.id}/revoke`),
  copy: async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      notify("Copied.");
    } catch {
      notify(text);
    }
  },
  promote: (chat, own) => post(`/chats/${chat.id}/promote`, { bot: own.id }),
  migrate: (chat) => post(`/chats/${chat.id}/migrate`, {}),
  demote: (chat, own) => post(`/chats/${chat.id}/demote`, { bot: own.id }),
  approve: (chat, user) => post(`/chats/${chat.id}/approve`, { user }),
  decline: (chat, user) => post(`/chats/${chat.id}/decline`, { user }),
};

function showPeople() {
  const people = state.users.filter((user) => !user.is_deactivated);
  const isOwner = (user) => state.chats.some((chat) => chat.owner === user.id);
  if (!people.some((user) => user.id === person)) person = people.find((user) => !isOwner(user))?.id ?? null;
  const select = byId("person");
  show(select, people.map((user) => [user.id, user.first_name, user.last_name, user.username]), (list) => {
    const named = ([id, first, last, username]) =>
      new Option(`${[first, last].filter(Boolean).join(" ")}${username ? ` @${username}` : ""}`, id);
    return list.length > 0 ? list.map(named) : [new Option("nobody yet", "")];
  });
  select.value = person ?? "";
}

function showTabs() {
  const relations = state.users.find((user) => user.id === person)?.bots.filter((own) => own.is_started) ?? [];
  const known = state.bots.filter((own) => relations.some((relation) => relation.bot === own.id));
  if (!known.some((own) => own.id === bot)) bot = known[0]?.id ?? null;
  show(byId("bot-tabs"), [known.map((own) => [own.id, own.name]), bot], ([tabs]) => tabs.map(([id, name]) =>
    button(name, () => { bot = id; refresh(); }, { role: "tab", "aria-selected": String(id === bot), className: "small" })));
  const isBlocked = relations.find((own) => own.bot === bot)?.is_blocked ?? false;
  byId("block").textContent = isBlocked ? "Unblock bot" : "Block bot";
  byId("block").dataset.verb = isBlocked ? "unblock" : "block";
  for (const field of byId("say").elements) field.disabled = !bot || (isBlocked && field.id !== "block");
}

function showState() {
  const names = Object.fromEntries(state.users.map((user) => [user.id, user.first_name]));
  byId("pending").textContent = state.pending_updates;
  byId("postback-count").textContent = state.postback_count;
  byId("withheld").textContent = state.withheld_updates;
  byId("receiver-url").textContent = `${state.public_url}/simulator/receiver/…`;
  showFaults(state.faults);
  showPeople();
  showTabs();
  show(byId("bots"), state.bots, (list) => lists.bots(list, deeds));
  const { chats, bots } = state;
  show(byId("chats"), { chats, bots: bots.map(({ id, username }) => ({ id, username })), names }, (data) => lists.chats(data, deeds));
  show(byId("places"), { chats: person ? chats : [], person }, (data) =>
    lists.places(data, (verb, chat) => act(verb, { chat: chat.id })));
}

async function showConversation() {
  const talk = person ? await call("GET", `/users/${person}/conversation`) : { messages: [], answers: [] };
  const box = byId("conversation");
  const mine = { messages: talk.messages.filter((message) => message.bot === bot).slice(-MOST), answers: talk.answers };
  const changed = show(box, mine, (data) => conversation(data, (message, number) => act("press", { message, button: number })));
  if (changed) box.scrollTop = box.scrollHeight;
}

async function refresh() {
  const [now, postbacks, requests] = await Promise.all([
    call("GET", `/state?limit=${MOST}`), call("GET", "/postbacks?limit=50"), call("GET", "/requests?limit=30"),
  ]);
  state = now;
  showState();
  show(byId("postbacks"), postbacks.reverse(), lists.postbacks);
  show(byId("requests"), requests.filter((own) => own.method !== "getUpdates").reverse(), lists.requests);
  await showConversation();
}

/** A form that does something and is emptied when it worked. */
function onSubmit(id, send, keeps = false) {
  const form = byId(id);
  form.onsubmit = async (event) => {
    event.preventDefault();
    const answer = await send(values(form));
    if (answer && !keeps) form.reset();
    return answer;
  };
}

function choose(id) {
  person = Number(id) || null;
  sessionStorage.setItem("person", person ?? "");
}

onSubmit("new-bot", (given) => post("/bots", given));
onSubmit("new-chat", (given) => post("/chats", given));
onSubmit("new-user", async (given) => {
  const made = await post("/users", given);
  if (made) {
    choose(made.id);
    await refresh();
  }
  return made;
});
onSubmit("start", async (given) => {
  const made = await act("start", given);
  if (made?.updates.length > 0) bot = made.updates[0].bot;
  return made;
});
onSubmit("say", (given) => act("text", { bot, text: given.text }));
onSubmit("receiver", (given) => deed("PUT", "/receiver", given), true);
byId("block").onclick = () => act(byId("block").dataset.verb, { bot });
byId("clear-postbacks").onclick = () => deed("DELETE", "/postbacks");
byId("person").onchange = async (event) => {
  choose(event.target.value);
  await refresh();
};
buildFaults(refresh);

async function poll() {
  try {
    if (!document.hidden || !state) await refresh();
  } catch (error) {
    notify(`The simulator does not answer: ${error.message}`);
  }
  setTimeout(poll, POLL_MS);
}

poll();
