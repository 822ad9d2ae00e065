// Scrolling to elements, and back before the page notices: a list that builds only what is in view
// would otherwise remove its other fields from the page.

import { all, up } from "./dom.js";

/** @typedef {import("./dom.js").PageElement} PageElement */
/** @typedef {import("./look.js").Look} Look */

const SHOWN = "input, select, textarea, button, img, svg, canvas, video, iframe";

/**
 * Scrolls an element to the middle of the view and remembers what was scrolled for it.
 *
 * @param {Look} look
 * @param {PageElement} element
 */
export function bringIntoView(look, element) {
  for (let part = up(element); part; part = up(part)) {
    if (!look.moved.has(part)) look.moved.set(part, [part.scrollLeft, part.scrollTop]);
  }
  element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
}

/**
 * Puts back every scroll position that this look has changed.
 *
 * @param {Look} look
 */
export function restoreScroll(look) {
  for (const [part, [left, top]] of look.moved) part.scrollTo({ left, top, behavior: "instant" });
  look.moved.clear();
}

/**
 * Returns whether a scrolled element has nothing in more than a view above what it shows.
 *
 * @param {PageElement} part
 * @returns {boolean}
 */
function isUnbuilt(part) {
  const whole = part === document.scrollingElement;
  const view = whole ? innerHeight : part.clientHeight;
  if (part.scrollTop <= view) return false;
  const top = whole ? 0 : part.getBoundingClientRect().top;
  const boxes = all(part, "*")
    .filter(one => !one.firstElementChild
      && (one.shadowRoot || one.matches(SHOWN) || one.textContent.trim()))
    .map(one => one.getBoundingClientRect())
    .filter(box => box.height).sort((a, b) => a.top - b.top);
  let end = top - part.scrollTop;
  for (const box of boxes) {
    if (end >= top || box.top - end > view) break;
    end = Math.max(end, box.bottom);
  }
  return end < top - view;
}

/**
 * Scrolls to its start every list that builds only what is in view; returns whether there was one.
 *
 * @returns {boolean}
 */
export function rewindLists() {
  const parts = all(document, "*").filter(part => part.scrollTop > 0 && isUnbuilt(part));
  for (const part of parts) part.scrollTo({ top: 0, behavior: "instant" });
  return parts.length > 0;
}
