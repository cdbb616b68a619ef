// The command menu: opened by its button or by typing "/", filtered while typing.

import { make } from "./dom.js";

export class CommandMenu {
  /** `onpick(command, complete)`: send the command, or only complete it in the input. */
  constructor({ list, input, button, onpick }) {
    Object.assign(this, { list, input, button, onpick });
    this.commands = [];
    this.shown = [];
    this.current = 0;
    button.addEventListener("click", () => (this.isOpen ? this.close() : this.open("", true)));
    document.addEventListener("pointerdown", (event) => {
      if (this.isOpen && !list.contains(event.target) && !button.contains(event.target) && event.target !== input) this.close();
    });
  }

  get isOpen() {
    return !this.list.hidden;
  }

  /** Follow what is typed: a lone "/word" at the start opens the menu. */
  follow(text) {
    const typed = /^\/(\w*)$/.exec(text);
    if (typed) this.open(typed[1].toLowerCase());
    else this.close();
  }

  open(prefix, all = false) {
    this.shown = this.commands.filter(({ command }) => all || command.startsWith(prefix));
    if (!this.shown.length) {
      this.close();
      return;
    }
    this.current = 0;
    this.list.replaceChildren(...this.shown.map(({ command, description }, index) =>
      make("li", { id: `command-${index}`, role: "option", onpointerdown: (event) => event.preventDefault(),
        onclick: () => this.pick(index, false), onpointermove: () => this.mark(index) },
        make("span", { class: "command-name", textContent: `/${command}` }), make("span", { class: "command-description", textContent: description }))));
    this.list.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.input.setAttribute("aria-expanded", "true");
    if (all) this.input.focus();
    this.mark(0);
  }

  close() {
    this.list.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  mark(index) {
    if (this.current === index && this.list.children[index].classList.contains("current")) return;
    this.current = index;
    [...this.list.children].forEach((item, position) => {
      item.classList.toggle("current", position === index);
      item.setAttribute("aria-selected", String(position === index));
    });
    this.list.children[index].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", `command-${index}`);
  }

  pick(index, complete) {
    const { command } = this.shown[index];
    this.close();
    this.onpick(command, complete);
  }

  /** True when the key was for the menu. */
  key(event) {
    if (!this.isOpen) return false;
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves) this.mark((this.current + moves[event.key] + this.shown.length) % this.shown.length);
    else if (event.key === "Enter" && !event.shiftKey) this.pick(this.current, false);
    else if (event.key === "Tab") this.pick(this.current, true);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    return true;
  }
}
