// Short words to the user: toasts that go by themselves, and the alert a bot may ask for.

import { find, make } from "./dom.js";
import { say } from "./words.js";

const SHOWN_MS = 4500;

/** Show a sentence for a while. */
export function toast(sentence, kind = "notice") {
  const element = make("div", { class: `toast ${kind}`, role: kind === "error" ? "alert" : "status", textContent: sentence, dir: "auto",
    onclick: () => element.remove() });
  const host = find("#toasts");
  host.append(element);
  // A popover shown last lies above a modal dialog opened before it.
  host.hidePopover();
  host.showPopover();
  while (host.children.length > 3) host.firstElementChild.remove();
  setTimeout(() => element.classList.add("leaving"), SHOWN_MS);
  setTimeout(() => element.remove(), SHOWN_MS + 300);
}

export const complain = (error) => toast(error.message, "error");

/** The alert of answerCallbackQuery(show_alert=True). */
export function showAlert(sentence) {
  find("#alert-text").textContent = sentence;
  find("#alert").showModal();
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(say("Copied."));
  } catch {
    toast(say("The browser does not allow copying here. Select the text instead."), "error");
  }
}
