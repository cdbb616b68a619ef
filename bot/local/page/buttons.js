// Inline buttons: pressed, waiting, answered.

import { pressButton } from "./api.js";
import { complain, copy, showAlert, toast } from "./toast.js";

const ANSWER_WITHIN_MS = 20_000;

function showWaiting(element, waiting) {
  element.classList.toggle("waiting", waiting);
  element.setAttribute("aria-busy", String(waiting));
}

export class Buttons {
  /** `onquery(text)` for buttons that put a query for the bot into the input. */
  constructor(onquery) {
    this.onquery = onquery;
    this.waiting = new Map(); // callback_query_id -> the button
    this.early = new Map(); // answers that came before the id did
  }

  async press(message, button, element) {
    if (button.copy_text) copy(button.copy_text.text);
    else if (button.switch_inline_query_current_chat !== undefined) this.onquery(button.switch_inline_query_current_chat);
    else if (!element.classList.contains("waiting")) await this.call(message, button.callback_data, element);
  }

  async call(message, data, element) {
    showWaiting(element, true);
    try {
      const id = await pressButton(message.chat.id, message.message_id, data);
      this.waiting.set(id, element);
      setTimeout(() => this.release(id), ANSWER_WITHIN_MS);
      if (this.early.has(id)) this.answer(this.early.get(id));
    } catch (error) {
      showWaiting(element, false);
      complain(error);
    }
  }

  /** The bot's answerCallbackQuery: a toast, an alert, or nothing to say. */
  answer(event) {
    const id = event.callback_query_id;
    if (!this.waiting.has(id)) {
      this.early.set(id, event);
      setTimeout(() => this.early.delete(id), ANSWER_WITHIN_MS);
      return;
    }
    this.release(id);
    if (event.text) (event.show_alert ? showAlert : toast)(event.text);
  }

  release(id) {
    const element = this.waiting.get(id);
    this.waiting.delete(id);
    this.early.delete(id);
    if (element) showWaiting(element, false);
  }
}
