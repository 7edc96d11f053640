// The panel of misbehaviour. It sets everything at once; what is empty is off.

import { button, byId, call, element, notify, values } from "/simulator/page/dom.js";

const KINDS = [
  ["", "none"],
  ["429", "429 Too Many Requests"],
  ["403 Forbidden: bot was blocked by the user", "403 blocked by the user"],
  ["403 Forbidden: user is deactivated", "403 user is deactivated"],
  ["403 Forbidden: bot can't initiate conversation with a user", "403 can't initiate conversation"],
  ["400 Bad Request: chat not found", "400 chat not found"],
  ["400 Bad Request: can't parse entities: Unsupported start tag \"x\" at byte offset 0", "400 can't parse entities"],
  ["400 Bad Request: not enough rights to send text messages to the chat", "400 not enough rights"],
  ["500", "500 as JSON"],
  ["502 html", "502 as an HTML page"],
];

const number = (name, label, properties = {}) =>
  element("label", {}, label, element("input", { type: "number", min: 0, value: 0, name, ...properties }));
const percent = (name, label) => number(name, `${label}, %`, { max: 100 });
const group = (title, ...children) => element("fieldset", {}, element("legend", {}, title), ...children);

export function buildFaults(refresh) {
  const form = byId("faults");
  const kinds = KINDS.map(([value, text]) => element("option", { value, textContent: text }));
  form.append(
    group("Refuse sends",
      element("label", { className: "both" }, "with", element("select", { name: "kind" }, ...kinds)),
      number("next", "the next"), percent("share", "a share"),
      number("retry_after", "retry after, s"), element("label", {}, "migrate to chat", element("input", { name: "migrate", placeholder: "-100…" }))),
    group("No answer after delivery", number("time_out_next", "the next"), percent("time_out_share", "a share")),
    group("Updates",
      percent("duplicate_share", "deliver twice"), percent("withhold_chat_member_share", "withhold joins and leaves"),
      percent("withhold_join_share", "withhold joins"), percent("withhold_leave_share", "withhold leaves"),
      percent("withhold_my_chat_member_share", "withhold changes of the bot"),
      number("hold_messages_ms", "hold messages, ms"), number("hold_chat_member_ms", "hold joins and leaves, ms")),
    element("label", { className: "check" }, element("input", { type: "checkbox", name: "limits_off" }), "no limits on sending"),
    number("seed", "Seed of the shares"),
    element("div", { className: "deeds" },
      element("button", { className: "primary", textContent: "Apply" }),
      button("Everything off", () => { form.reset(); apply({}, refresh); })));
  form.onsubmit = (event) => {
    event.preventDefault();
    apply(faults(values(form)), refresh);
  };
}

function refusal(given) {
  const [code, ...words] = given.kind.split(" ");
  const made = { code: Number(code), next: given.next, share: given.share / 100 };
  if (words[0] === "html") made.html = true;
  else if (words.length > 0) made.description = words.join(" ");
  if (made.code === 429) made.retry_after = given.retry_after || 1;
  return made;
}

function faults(given) {
  const refuse = given.kind ? [refusal(given)] : [];
  if (given.migrate) {
    const migration = { code: 400, migrate_to_chat_id: Number(given.migrate), next: given.next, share: given.share / 100 };
    refuse.unshift(migration);
  }
  return {
    seed: given.seed,
    refuse,
    time_out_next: given.time_out_next,
    time_out_share: given.time_out_share / 100,
    duplicate_share: given.duplicate_share / 100,
    withhold_chat_member_share: given.withhold_chat_member_share / 100,
    withhold_join_share: given.withhold_join_share / 100,
    withhold_leave_share: given.withhold_leave_share / 100,
    withhold_my_chat_member_share: given.withhold_my_chat_member_share / 100,
    hold_messages_ms: given.hold_messages_ms,
    hold_chat_member_ms: given.hold_chat_member_ms,
    limits_off: given.limits_off,
  };
}

async function apply(wanted, refresh) {
  try {
    await call("PUT", "/faults", wanted);
    await refresh();
  } catch (error) {
    notify(error.message);
  }
}

const PLAIN = ["seed", "time_out_next", "hold_messages_ms", "hold_chat_member_ms"];
const SHARES = ["time_out_share", "duplicate_share", "withhold_chat_member_share", "withhold_join_share",
  "withhold_leave_share", "withhold_my_chat_member_share"];
let filled = "";

/** Fills the form with what is set, unless somebody is typing in it. */
function fill(now) {
  const form = byId("faults");
  const key = JSON.stringify(now);
  if (key === filled || form.contains(document.activeElement)) return;
  filled = key;
  const migration = now.refuse.find((own) => own.migrate_to_chat_id);
  const first = now.refuse.find((own) => !own.migrate_to_chat_id);
  const words = first?.html ? " html" : first?.description ? ` ${first.description}` : "";
  const set = (name, value) => { form.elements[name].value = value; };
  for (const name of PLAIN) set(name, now[name]);
  for (const name of SHARES) set(name, Math.round(now[name] * 100));
  set("kind", first ? `${first.code}${words}` : "");
  set("next", (first ?? migration)?.next ?? 0);
  set("share", Math.round(((first ?? migration)?.share ?? 0) * 100));
  set("retry_after", first?.retry_after ?? 0);
  set("migrate", migration?.migrate_to_chat_id ?? "");
  form.elements.limits_off.checked = now.limits_off;
}

/** Whether anything is on at the moment. */
export function showFaults(now) {
  fill(now);
  const isOn = now.refuse.some((own) => own.next > 0 || own.share > 0) || now.time_out_next > 0 || now.limits_off
    || [...SHARES, "hold_messages_ms", "hold_chat_member_ms"].some((name) => now[name] > 0);
  const badge = byId("faults-state");
  badge.textContent = isOn ? "on" : "off";
  badge.classList.toggle("on", isOn);
}
