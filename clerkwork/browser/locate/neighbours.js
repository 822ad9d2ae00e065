// The nearest texts on the four sides of a field.

import { up } from "./dom.js";
import { SAYS } from "./selectors.js";

/** @typedef {import("./look.js").Box} Box */
/** @typedef {import("./look.js").Look} Look */
/** @typedef {import("./look.js").TextRun} TextRun */
/** @typedef {"left" | "right" | "above" | "below"} Side */
/** @typedef {Partial<Record<Side, {says: boolean, gap: number, text: string}>>} Nearest */

const LIMITS = { left: 400, right: 120, above: 90, below: 30 }; // pixels

/**
 * Returns whether another field lies between two boxes.
 *
 * @param {Look} look
 * @param {number} index The field that one of the boxes is of.
 * @param {Box} a The left or upper one.
 * @param {Box} b The right or lower one.
 * @param {boolean} across Whether they are next to each other; else one is above the other.
 * @returns {boolean}
 */
function isFieldBetween(look, index, a, b, across) {
  return look.boxes.some((box, other) => other !== index && (across
    ? Math.min(box.bottom, b.bottom) - Math.max(box.top, b.top) > 2
      && box.left >= a.right - 4 && box.right <= b.left + 4
    : Math.min(box.right, b.right) - Math.max(box.left, b.left) > 2
      && box.top >= a.bottom - 4 && box.bottom <= b.top + 4));
}

/**
 * Takes a text as the nearest one of a side, unless there is a better one: words before signs.
 *
 * @param {Nearest} best
 * @param {Side} side
 * @param {number} gap
 * @param {TextRun} text
 */
function offer(best, side, gap, text) {
  if (gap > LIMITS[side] || gap < -6) return;
  const one = { says: SAYS.test(text.text), gap, text: text.text }, other = best[side];
  const better = !other || (one.says === other.says ? one.gap < other.gap : one.says);
  if (better) best[side] = one;
}

/**
 * Offers a text in the same line as a field.
 *
 * Where lines run from right to left, what comes first counts as left, because words of another
 * script keep their own sequence within such a line.
 *
 * @param {Look} look
 * @param {number} index
 * @param {TextRun} text
 * @param {Nearest} best
 */
function offerAside(look, index, text, best) {
  const box = look.boxes[index], other = text.box, { element } = look.fields[index];
  const mirrored = getComputedStyle(up(element) ?? element).direction === "rtl";
  const first = text.at <= index ? "left" : "right";
  if (!isFieldBetween(look, index, other, box, true)) {
    offer(best, mirrored ? first : "left", box.left - other.right, text);
  }
  if (!isFieldBetween(look, index, box, other, true)) {
    offer(best, mirrored ? first : "right", other.left - box.right, text);
  }
}

/**
 * Offers a text above or below a field.
 *
 * @param {Look} look
 * @param {number} index
 * @param {TextRun} text
 * @param {Nearest} best
 */
function offerAboveOrBelow(look, index, text, best) {
  const box = look.boxes[index], other = text.box;
  if (!isFieldBetween(look, index, other, box, false)) {
    offer(best, "above", box.top - other.bottom, text);
  }
  if (!isFieldBetween(look, index, box, other, false)) {
    offer(best, "below", other.top - box.bottom, text);
  }
}

/**
 * Returns the nearest text on each side of a field, of those that belong to no other field.
 *
 * @param {Look} look
 * @param {number} index
 * @returns {Record<Side, string>}
 */
export function neighboursOf(look, index) {
  const box = look.boxes[index];
  /** @type {Nearest} */
  const best = {};
  for (const text of look.texts) {
    if (text.owner !== index && (text.owner !== -1 || text.heading)) continue;
    const other = text.box;
    const high = Math.min(other.bottom, box.bottom) - Math.max(other.top, box.top);
    const wide = Math.min(other.right, box.right) - Math.max(other.left, box.left);
    const low = Math.min(other.bottom - other.top, box.height);
    if (high > 0.4 * low) offerAside(look, index, text, best);
    if (wide > 2) offerAboveOrBelow(look, index, text, best);
  }
  /** @param {Side} side */
  const textAt = side => best[side]?.text || "";
  return { left: textAt("left"), right: textAt("right"), above: textAt("above"),
    below: textAt("below") };
}

/**
 * Returns the distance between two boxes along the axes.
 *
 * @param {Box} a
 * @param {Box} b
 * @returns {number}
 */
export function distance(a, b) {
  return Math.max(0, a.left - b.right, b.left - a.right)
    + Math.max(0, a.top - b.bottom, b.top - a.bottom);
}
