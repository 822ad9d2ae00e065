// What lies over an element and would take a click in its place.

import { elementAt, squeeze, up } from "./dom.js";
import { bringIntoView } from "./scrolling.js";
import { layoutOf } from "./visibility.js";

/** @typedef {import("./dom.js").PageElement} PageElement */
/** @typedef {import("./look.js").Box} Box */
/** @typedef {import("./look.js").Look} Look */

/**
 * Returns the middle of an element.
 *
 * @param {PageElement} element
 * @returns {[number, number]}
 */
function middleOf(element) {
  const box = element.getBoundingClientRect();
  return [box.left + box.width / 2, box.top + box.height / 2];
}

/**
 * Returns whether the middle of an element is in the view of the page and of every pane around it.
 *
 * @param {Look} look
 * @param {PageElement} element
 * @returns {boolean}
 */
function isInView(look, element) {
  const [x, y] = middleOf(element);
  /** @param {Box} box */
  const inside = box => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
  if (!inside({ left: 0, top: 0, right: innerWidth, bottom: innerHeight })) return false;
  for (let part = up(element); part && !layoutOf(look, part).fixed; part = up(part)) {
    if (layoutOf(look, part).clips && !inside(part.getBoundingClientRect())) return false;
  }
  return true;
}

/**
 * Returns whether what is hit at an element's middle belongs to the element.
 *
 * @param {PageElement} hit
 * @param {PageElement} element
 * @returns {boolean}
 */
function belongsTo(hit, element) {
  if (hit.contains(element) || element.contains(hit)) return true;
  for (let part = /** @type {PageElement | null} */ (hit); part; part = up(part)) {
    if (part === element) return true;
  }
  return [...(element.labels || [])].some(label => label.contains(hit));
}

/**
 * Returns the element that lies over the middle of an element, or null.
 *
 * @param {PageElement} element
 * @returns {PageElement | null}
 */
function overlayOf(element) {
  const hit = elementAt(...middleOf(element));
  if (!hit?.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return null;
  if (belongsTo(hit, element)) return null;
  let top = hit;
  for (let next = up(top); next && getComputedStyle(top).position === "static"; next = up(top)) {
    top = next;
  }
  return top.contains(element) || top === document.documentElement ? null : top;
}

/**
 * Returns the words of what lies over an element wherever it is scrolled to, or "".
 *
 * @param {Look} look
 * @param {PageElement} element
 * @returns {string}
 */
export function coverOf(look, element) {
  if (isInView(look, element) && !overlayOf(element)) return "";
  bringIntoView(look, element);
  const top = overlayOf(element);
  return top ? squeeze(top.innerText).slice(0, 120) || top.tagName.toLowerCase() : "";
}
