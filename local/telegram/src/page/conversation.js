// A conversation as Telegram shows it: formatting, media and buttons.

import { button, clock, element, isLink } from "/simulator/page/dom.js";

const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};

function wrapper(entity) {
  if (entity.type === "text_link" && isLink(entity.url)) {
    return element("a", { href: entity.url, target: "_blank", rel: "noopener noreferrer", title: entity.url });
  }
  if (entity.type === "spoiler") return element("span", { className: "spoiler", tabIndex: 0 });
  return element(TAGS[entity.type] ?? "span");
}

/** The nodes of a stretch of text; entities inside one another become elements inside one another. */
function formatted(text, entities, start, end) {
  const nodes = [];
  let at = start;
  let rest = [...entities];
  while (rest.length > 0) {
    const entity = rest.shift();
    const from = Math.max(entity.offset, at);
    const to = Math.min(entity.offset + entity.length, end);
    if (from >= to) continue;
    if (from > at) nodes.push(text.slice(at, from));
    const inner = rest.filter((other) => other.offset < to);
    rest = rest.filter((other) => other.offset >= to);
    const made = wrapper(entity);
    made.append(...formatted(text, inner, from, to));
    nodes.push(made);
    at = to;
  }
  if (at < end) nodes.push(text.slice(at, end));
  return nodes;
}

function media(file) {
  if (!file) return null;
  const description = `${file.kind}${file.file_name ? ` · ${file.file_name}` : ""}`;
  const standIn = () => element("span", { className: "media stand-in" },
    `${description}${file.url ? ` · ${file.url}` : ""}${file.size_bytes ? ` · ${file.size_bytes} bytes` : ""}`);
  if (file.url) return standIn();
  const source = `/simulator/control/files/${encodeURIComponent(file.file_id)}`;
  const picture = () => element("img", { className: "media", src: source, alt: description });
  const film = (own) => element("video",
    { className: "media", src: source, muted: true, "aria-label": description, ...own });
  // An animation is a GIF or a silent film: what cannot be shown one way is tried the other way.
  const ways = {
    photo: [picture],
    animation: [picture, () => film({ autoplay: true, loop: true })],
    video: [() => film({ controls: true })],
  }[file.kind] ?? [];
  const show = ([way, ...others]) => {
    if (!way) return standIn();
    const shown = way();
    shown.onerror = () => shown.replaceWith(show(others));
    return shown;
  };
  return show(ways);
}

function keyboard(message, press) {
  if (message.buttons.length === 0) return null;
  let index = 0;
  const rows = message.buttons.map((row) => element("div", {}, ...row.map((own) => {
    const number = index++;
    if (own.url && isLink(own.url)) {
      return element("a", { href: own.url, target: "_blank", rel: "noopener noreferrer" }, `${own.text} ↗`);
    }
    return button(own.text, () => press(message.message_id, number), { disabled: !own.callback_data });
  })));
  return element("div", { className: "keyboard" }, ...rows);
}

function bubble(message, press) {
  const time = `${clock(message.date * 1000)}${message.edit_date ? " · edited" : ""}`;
  return element("div", { className: message.is_from_person ? "message mine" : "message" },
    element("div", { className: "bubble" },
      media(message.media),
      ...formatted(message.text, message.entities, 0, message.text.length),
      element("span", { className: "time" }, time)),
    keyboard(message, press));
}

/** Messages and the notices of bots, by time. */
export function conversation({ messages, answers }, press) {
  if (messages.length === 0) {
    return [element("p", { className: "empty" }, "Nothing said yet. Paste a deep link above and press Start.")];
  }
  const ids = new Set(messages.map((message) => message.message_id));
  const notices = answers.filter((own) => own.answer.text && ids.has(own.message_id)).map((own) => ({
    at: own.date, node: () => element("div", { className: "shown", role: "note" }, own.answer.text),
  }));
  const bubbles = messages.map((message) => ({ at: message.date, node: () => bubble(message, press) }));
  return [...bubbles, ...notices].sort((a, b) => a.at - b.at).map((item) => item.node());
}
