// Which fields belong to the page itself, and which field a text belongs to.

import { closest, up } from "./dom.js";
import { LINE, SHUT } from "./selectors.js";

/** @typedef {import("./dom.js").PageElement} PageElement */
/** @typedef {import("./look.js").Look} Look */

/**
 * Returns whether a field takes no input.
 *
 * @param {PageElement} element
 * @returns {boolean}
 */
export function isShut(element) {
  return Boolean(element.readOnly) || element.matches(SHUT);
}

/**
 * Returns whether two boxes cover nearly the same area.
 *
 * @param {DOMRect} a
 * @param {DOMRect} b
 * @returns {boolean}
 */
function isSameArea(a, b) {
  return Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.9 * a.width
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.9 * a.height;
}

/**
 * Removes the fields that take no input and are exactly under another one: hints of a library.
 *
 * @param {Look} look
 */
export function dropHints(look) {
  const open = look.fields.filter(({ element }) => !isShut(element));
  const hints = new Set(look.fields.filter(({ element }) => {
    if (!isShut(element)) return false;
    const box = element.getBoundingClientRect();
    return open.some(other => isSameArea(box, other.element.getBoundingClientRect()));
  }));
  for (const text of look.texts) {
    text.at -= look.fields.slice(0, text.at).filter(one => hints.has(one)).length;
  }
  look.fields = look.fields.filter(one => !hints.has(one));
}

/**
 * Notes for each text the field that is the only one in its block, and what follows from it.
 *
 * @param {Look} look
 */
export function assignTexts(look) {
  /** @type {Map<Element, number>} */
  const only = new Map();
  for (const [index, { element }] of look.fields.entries()) {
    for (let part = /** @type {PageElement | null} */ (element); part; part = up(part)) {
      look.inside.set(part, (look.inside.get(part) || 0) + 1);
      only.set(part, index);
    }
  }
  for (const text of look.texts) {
    let part = /** @type {PageElement | null} */ (text.parent);
    while (part && !look.inside.has(part)) part = up(part);
    text.owner = part && look.inside.get(part) === 1 ? only.get(part) ?? -1 : -1;
  }
  const worded = new Set(look.texts.filter(text => !text.sign).map(text => text.owner).concat(-1));
  look.texts = look.texts.filter(text => !text.sign || !worded.has(text.owner));
  for (const { owner, text } of look.texts) {
    if (owner !== -1) look.shared.set(text, (look.shared.get(text) || 0) + 1);
  }
  look.filled = new Set(look.fields.map(({ element }) => closest(element, LINE)));
  look.boxes = look.fields.map(({ element }) => element.getBoundingClientRect());
}
