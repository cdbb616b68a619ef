// The scrolling history of the chat that is open.

import { time, messageRow, pendingRow } from "./bubble.js";
import { make } from "./dom.js";
import { complain } from "./toast.js";
import { LOCALE, say } from "./words.js";

const GROUP_WITHIN_S = 300;
const NEAR_BOTTOM_PX = 80;
const LOAD_OLDER_PX = 900;
const DAY_MS = 86_400_000;

const dayOf = (date) => new Date(date * 1000).toDateString();

function dayName(date) {
  const now = Date.now();
  if (dayOf(date) === new Date(now).toDateString()) return say("Today");
  if (dayOf(date) === new Date(now - DAY_MS).toDateString()) return say("Yesterday");
  const then = new Date(date * 1000);
  const thisYear = then.getFullYear() === new Date(now).getFullYear();
  return then.toLocaleDateString(LOCALE, { day: "numeric", month: "long", ...(thisYear ? {} : { year: "numeric" }) });
}

export const shortDate = (date) =>
  (dayOf(date) === new Date().toDateString() ? time(date) : new Date(date * 1000).toLocaleDateString(LOCALE, { day: "numeric", month: "short" }));

/** Neighbouring messages of one album become one group. */
function albums(messages) {
  const groups = [];
  for (const message of messages) {
    const last = groups[groups.length - 1];
    if (message.media_group_id && last?.[0].media_group_id === message.media_group_id) last.push(message);
    else groups.push([message]);
  }
  return groups;
}

const continues = (before, after) => before && after && before[0].from?.id === after[0].from?.id
  && dayOf(before[0].date) === dayOf(after[0].date) && after[0].date - before[0].date < GROUP_WITHIN_S;

/** A picture in the place of another comes in over that one, not over nothing. */
function bridge(before, after) {
  const [old, fresh] = [before, after].map((row) => row.querySelector(".single img"));
  if (!old?.complete || !fresh || old.src === fresh.src) return;
  fresh.style.background = `center / cover url("${old.src}")`;
  fresh.addEventListener("load", () => { fresh.style.background = ""; }, { once: true });
}

export class MessageList {
  /** `actions` is what rows can do, `onscroll` hears of every move, `loadOlder(chat)` fetches an earlier page. */
  constructor({ scroller, list, typing, actions, onscroll, loadOlder }) {
    Object.assign(this, { scroller, list, typing, actions, onscroll, loadOlder });
    this.rows = new Map();
    this.scrollOf = new Map();
    scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.stuck && this.toBottom()).observe(scroller);
    new ResizeObserver(() => this.stuck && this.toBottom()).observe(list);
  }

  get atBottom() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM_PX;
  }

  /** Open a chat where it was left, at the end the first time. */
  show(chat) {
    if (this.chat) this.scrollOf.set(this.chat.id, this.stuck ? null : this.scroller.scrollTop);
    this.chat = chat;
    this.rows.clear();
    this.list.replaceChildren();
    this.stuck = true;
    this.refresh();
    const left = this.scrollOf.get(chat.id);
    if (left != null) {
      this.stuck = false;
      this.scroller.scrollTop = left;
    }
    this.scrolled();
  }

  /** Bring the rows up to date; what the reader looks at stays where it is. */
  refresh() {
    const wasStuck = this.stuck;
    const anchors = wasStuck ? [] : this.visibleRows();
    this.list.setAttribute("aria-busy", "true");
    this.update();
    this.list.removeAttribute("aria-busy");
    if (wasStuck) this.toBottom();
    else this.restore(anchors);
    this.onscroll();
  }

  /** Rows in sight by message id; an update may build any of them anew. */
  visibleRows() {
    const { top, bottom } = this.scroller.getBoundingClientRect();
    return [...this.list.querySelectorAll("[data-message]")]
      .map((row) => ({ id: Number(row.dataset.message), box: row.getBoundingClientRect() }))
      .filter(({ box }) => box.bottom > top && box.top < bottom);
  }

  restore(anchors) {
    for (const { id, box } of anchors) {
      const row = this.rows.get(id);
      if (!row) continue;
      this.scroller.scrollTop += row.element.getBoundingClientRect().top - box.top;
      return;
    }
  }

  update() {
    const { chat } = this;
    const groups = albums(chat.messages);
    const wanted = [];
    groups.forEach((group, index) => {
      const date = group[0].date;
      if (!index || dayOf(groups[index - 1][0].date) !== dayOf(date)) wanted.push(this.row(`day ${dayOf(date)}`, [dayName(date)], () =>
        make("li", { class: "day" }, make("span", { textContent: dayName(date) }))));
      const place = { first: !continues(groups[index - 1], group), last: !continues(group, groups[index + 1]) };
      wanted.push(this.row(group[0].message_id, [place.first, place.last, ...group], () => messageRow(group, chat, place, this.actions)));
    });
    chat.pending.forEach((item) => wanted.push(this.row(item, [item.failed], () => pendingRow(item, this.actions))));
    const kept = new Set(wanted);
    for (const [key, row] of this.rows) if (!kept.has(row)) this.rows.delete(key);
    this.place(wanted.map((row) => row.element));
  }

  /** The row of this key; built again only when what it shows has changed. */
  row(key, shown, build) {
    const known = this.rows.get(key);
    if (known && known.shown.length === shown.length && known.shown.every((each, index) => each === shown[index])) return known;
    const row = { shown, element: build() };
    if (known) bridge(known.element, row.element);
    this.rows.set(key, row);
    return row;
  }

  /** Put the elements in order, touching only those that are new or gone. */
  place(elements) {
    const wanted = new Set(elements);
    for (const child of [...this.list.children]) if (!wanted.has(child)) child.remove();
    let at = this.list.firstElementChild;
    for (const element of elements) {
      if (element === at) at = at.nextElementSibling;
      else this.list.insertBefore(element, at);
    }
  }

  toBottom(smooth = false) {
    this.stuck = true;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior: smooth && !calm ? "smooth" : "instant" });
  }

  scrolled() {
    this.stuck = this.atBottom;
    if (this.scroller.scrollTop < LOAD_OLDER_PX) this.older();
    this.onscroll();
  }

  /** Fetch one earlier page. True when it brought something. */
  async older() {
    const { chat } = this;
    if (!chat || chat.complete || chat.loading || !chat.messages.length) return false;
    chat.loading = true;
    const length = chat.messages.length;
    try {
      await this.loadOlder(chat);
    } catch (error) {
      complain(error);
      return false;
    } finally {
      chat.loading = false;
    }
    if (chat === this.chat) {
      this.stuck = this.atBottom && this.scroller.scrollHeight > this.scroller.clientHeight;
      this.refresh();
      this.scrolled(); // a short page may leave us near the top without any scroll event
    }
    return chat.messages.length > length;
  }

  /** Scroll to a message, fetching history until it is there. False when it is gone. */
  async jump(messageId) {
    const { chat } = this;
    while (!chat.message(messageId) && chat.messages[0]?.message_id > messageId && !chat.complete) {
      if (!(await this.older()) || chat !== this.chat) break;
    }
    const message = chat.message(messageId);
    if (!message || chat !== this.chat) return false;
    const key = albums(chat.messages).find((group) => group.includes(message))[0].message_id;
    const { element } = this.rows.get(key);
    this.stuck = false;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    element.scrollIntoView({ block: "center", behavior: calm ? "instant" : "smooth" });
    element.classList.remove("found");
    requestAnimationFrame(() => element.classList.add("found"));
    return true;
  }

  showTyping(words) {
    this.typing.hidden = !words;
    if (this.stuck) this.toBottom();
  }
}
