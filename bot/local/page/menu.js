// The context menu of a message.

import { find, icon, make } from "./dom.js";

const EDGE_PX = 8;

/** Open a menu at the pointer: [{icon, label, run}]. */
export function openMenu(event, items) {
  closeMenu();
  event.preventDefault();
  const before = document.activeElement;
  const menu = make("div", { id: "context-menu", role: "menu" }, ...items.map((item) =>
    make("button", { type: "button", role: "menuitem", onclick: () => (closeMenu(), item.run()) }, icon(item.icon), item.label)));
  document.body.append(menu);
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(EDGE_PX, Math.min(event.clientX, innerWidth - width - EDGE_PX))}px`;
  menu.style.top = `${Math.max(EDGE_PX, Math.min(event.clientY, innerHeight - height - EDGE_PX))}px`;
  menu.firstElementChild.focus({ preventScroll: true });
  menu.addEventListener("keydown", (pressed) => {
    const buttons = [...menu.children];
    const at = buttons.indexOf(document.activeElement);
    if (pressed.key === "ArrowDown") buttons[(at + 1) % buttons.length].focus();
    else if (pressed.key === "ArrowUp") buttons[(at + buttons.length - 1) % buttons.length].focus();
    else if (pressed.key === "Escape" || pressed.key === "Tab") (closeMenu(), before?.focus?.());
    else return;
    pressed.preventDefault();
    pressed.stopPropagation();
  });
}

export const closeMenu = () => find("#context-menu")?.remove();

document.addEventListener("pointerdown", (event) => event.target.closest("#context-menu") || closeMenu());
addEventListener("blur", closeMenu);
document.addEventListener("scroll", closeMenu, { capture: true, passive: true });
