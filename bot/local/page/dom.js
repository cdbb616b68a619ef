// Building elements. Text always travels through text nodes; nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element. Properties: class, data (an object), on* listeners, DOM properties, else attributes. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name === "class") element.className = value;
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

/** One icon of the sprite in index.html. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** A button that shows only an icon; the label is for screen readers and the tooltip. */
export function iconButton(name, label, onclick, className = "icon-button") {
  return make("button", { type: "button", class: className, title: label, "aria-label": label, onclick }, icon(name));
}

export const find = (selector) => document.querySelector(selector);

/** True where only one of list and chat fits. */
export const isNarrow = () => matchMedia("(max-width: 760px)").matches;
