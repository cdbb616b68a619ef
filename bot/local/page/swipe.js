// Swiping a message against the way one reads replies to it, for fingers: to the left, in Arabic to the right.

import { isRightToLeft } from "./words.js";

const REPLY_PX = 56;
const FARTHEST_PX = 84;
const BACK = isRightToLeft ? 1 : -1;

/** `onreply(messageId)` after a swipe that was long enough. */
export function acceptSwipes(list, onreply) {
  let swipe = null;

  const end = () => {
    if (!swipe) return;
    const { row, by } = swipe;
    row.classList.remove("swiped");
    row.style.transform = "";
    swipe = null;
    if (by >= REPLY_PX) onreply(Number(row.dataset.message));
  };
  list.addEventListener("pointerdown", (event) => {
    const row = event.target.closest("[data-message]");
    if (event.pointerType === "touch" && event.isPrimary && row) swipe = { row, x: event.clientX, by: 0 };
  });
  list.addEventListener("pointermove", (event) => {
    if (!swipe || !event.isPrimary) return;
    swipe.by = Math.min(FARTHEST_PX, Math.max(0, BACK * (event.clientX - swipe.x)));
    swipe.row.classList.add("swiped");
    swipe.row.style.transform = `translateX(${BACK * swipe.by}px)`;
  });
  list.addEventListener("pointerup", end);
  list.addEventListener("pointercancel", () => {
    if (swipe) swipe.by = 0; // the finger scrolled instead
    end();
  });
}
