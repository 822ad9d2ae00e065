// The words around a field: in its block, over its group, and in the headings above it.

import { up } from "./dom.js";
import { labelOf, textOf } from "./labels.js";
import { distance } from "./neighbours.js";

/** @typedef {import("./dom.js").PageElement} PageElement */
/** @typedef {import("./look.js").Heading} Heading */
/** @typedef {import("./look.js").Look} Look */

const FEW = 4; // fields; a text that so many have in their blocks names none of them
const NEAR = 200; // pixels

/**
 * Returns up to three texts in the block of a field, the most telling first.
 *
 * @param {Look} look
 * @param {number} index
 * @returns {string[]}
 */
export function blockTexts(look, index) {
  return look.texts.filter(text => text.owner === index)
    .map(({ text, box }) => ({ text, common: Number((look.shared.get(text) ?? 0) >= FEW),
      away: distance(box, look.boxes[index]) }))
    .filter(({ away }) => away < NEAR)
    .sort((a, b) => a.common - b.common || a.away - b.away)
    .slice(0, 3).map(({ text }) => text);
}

/**
 * Returns the words over a few fields, such as those over the parts of one date, or "".
 *
 * @param {Look} look
 * @param {PageElement} element One of the fields.
 * @param {Set<string>} names The words that name a single field.
 * @returns {string}
 */
export function groupOf(look, element, names) {
  for (let box = up(element); box; box = up(box)) {
    const count = look.inside.get(box) ?? Infinity;
    if (count > FEW) break;
    if (count < 2) continue;
    const around = box, first = look.fields.findIndex(one => around.contains(one.element));
    const last = look.texts.findLast(text => text.owner === -1 && text.at <= first
      && around.contains(text.parent) && !names.has(text.text));
    if (last) return last.text.slice(0, 80);
  }
  return "";
}

/**
 * Returns what a field of an unusual kind shows, if no words are near it.
 *
 * @param {Look} look
 * @param {PageElement} element
 * @param {number} index
 * @returns {string}
 */
export function contentOf(look, element, index) {
  return /^(INPUT|SELECT|TEXTAREA)$/.test(element.tagName) || element.isContentEditable
    || labelOf(look, element) || blockTexts(look, index).length ? "" : textOf(element);
}

/**
 * Returns the last three headings above a field, the nearest last, without the field's own name.
 *
 * @param {Look} look
 * @param {number} index
 * @returns {string[]}
 */
export function headingsAbove(look, index) {
  const { element, headings } = look.fields[index];
  const names = look.texts.filter(text => text.owner === index).map(text => text.text);
  names.push(labelOf(look, element) || names[0]);
  /** @param {Heading} heading */
  const others = ({ scope, text }) => !scope || look.inside.get(scope) !== 1
    || names.some(one => one !== text);
  return [...look.inherited, ...headings.filter(others).map(one => one.text)].slice(-3);
}

/**
 * Returns the elements around a field from the outermost one on, each by its number.
 *
 * @param {Look} look
 * @param {PageElement} element
 * @returns {number[]}
 */
export function pathOf(look, element) {
  /** @type {number[]} */
  const parts = [];
  for (let part = up(element); part; part = up(part)) {
    const number = look.numbers.get(part) ?? look.numbers.size;
    look.numbers.set(part, number);
    parts.unshift(number);
  }
  return parts;
}
