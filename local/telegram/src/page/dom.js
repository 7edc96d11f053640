// Small helpers: elements without markup, and calls of the control API.

export const byId = (id) => document.getElementById(id);

/** An element with properties and children; texts become text nodes. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A button that does something. */
export const button = (text, deed, properties = {}) =>
  element("button", { type: "button", textContent: text, onclick: deed, ...properties });

/** Replaces the children, but only if what they show has changed. */
export function show(parent, data, make) {
  const key = JSON.stringify(data);
  if (parent.shownKey === key) return false;
  parent.shownKey = key;
  parent.replaceChildren(...make(data));
  return true;
}

let noticeTimer;

/** Says something at the top for a while. */
export function notify(text) {
  const notice = byId("notice");
  notice.textContent = text;
  notice.hidden = false;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => { notice.hidden = true; }, 6000);
}

export async function call(verb, path, body) {
  const options = { method: verb };
  if (body !== undefined) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  const response = await fetch(`/simulator/control${path}`, options);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? `${response.status}`);
  return answer;
}

/** The values of a form: texts trimmed, numbers as numbers, check boxes as truth values. */
export function values(form) {
  const found = {};
  for (const field of form.elements) {
    if (!field.name) continue;
    if (field.type === "checkbox") found[field.name] = field.checked;
    else if (field.type === "number") found[field.name] = Number(field.value || 0);
    else found[field.name] = field.value.trim();
  }
  return found;
}

/** A link may only lead to the web or to Telegram. */
export const isLink = (text) => /^(https?|tg):\/\//i.test(text ?? "");

export const clock = (ms) => new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
