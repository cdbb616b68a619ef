// Text with Bot API entities -> DOM. Offsets count UTF-16 units, as JavaScript strings do.

import { make } from "./dom.js";
import { copy } from "./toast.js";
import { say } from "./words.js";

const TAGS = { bold: "b", italic: "i", underline: "u", strikethrough: "s", blockquote: "blockquote", expandable_blockquote: "blockquote" };
const SAFE_PROTOCOLS = ["http:", "https:", "mailto:", "tel:"];

/** The address if a click on it can do no harm, else null. */
export function safeUrl(address) {
  try {
    const url = new URL(/^[a-z][a-z0-9+.-]*:/i.test(address) ? address : `https://${address}`);
    return SAFE_PROTOCOLS.includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

function link(address, children) {
  const href = safeUrl(address);
  return href ? make("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children) : make("span", {}, ...children);
}

function spoiler(children) {
  const reveal = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    element.classList.add("revealed");
    element.removeAttribute("role");
    element.removeAttribute("tabindex");
    element.removeAttribute("aria-label");
  };
  const element = make("span", { class: "spoiler", role: "button", tabindex: "0", "aria-label": say("Hidden text, press to show"),
    onclick: reveal, onkeydown: reveal }, make("span", {}, ...children));
  return element;
}

function wrap(entity, text, children, oncommand) {
  switch (entity.type) {
    case "text_link": return link(entity.url, children);
    case "url": return link(text, children);
    case "email": return link(`mailto:${text}`, children);
    case "phone_number": return link(`tel:${text}`, children);
    case "spoiler": return spoiler(children);
    case "code": return make("code", { title: say("Copy"), onclick: () => copy(text) }, ...children);
    case "pre": return make("pre", {}, make("code", {}, ...children));
    case "bot_command":
      return make("button", { type: "button", class: "command-link", onclick: () => oncommand(text) }, ...children);
    case "mention": case "text_mention": case "hashtag": case "cashtag":
      return make("span", { class: "mention" }, ...children);
    default: return make(TAGS[entity.type] ?? "span", {}, ...children);
  }
}

const BLOCKS = ["pre", "blockquote", "expandable_blockquote"];

/** Render a text: an array of nodes. `oncommand` gets the text of a tapped /command. */
export function renderText(text, entities = [], oncommand = () => {}) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  let next = 0;
  const until = (start, end) => {
    const nodes = [];
    let position = start;
    while (next < sorted.length && sorted[next].offset < end) {
      const entity = sorted[next++];
      const from = Math.max(entity.offset, position);
      const to = Math.min(entity.offset + entity.length, end);
      if (to <= from) continue;
      const isBlock = BLOCKS.includes(entity.type);
      // A block begins and ends its own line, so the line breaks beside it would only add empty ones.
      const before = text.slice(position, from);
      if (before) nodes.push(document.createTextNode(isBlock ? before.replace(/\n$/, "") : before));
      nodes.push(wrap(entity, text.slice(from, to), until(from, to), oncommand));
      position = isBlock && text[to] === "\n" && to < end ? to + 1 : to;
    }
    if (end > position) nodes.push(document.createTextNode(text.slice(position, end)));
    return nodes;
  };
  return until(0, text.length);
}
