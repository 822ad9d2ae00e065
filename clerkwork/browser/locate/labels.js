// The label of a field, and texts without what the fields in them show.

import { all, squeeze } from "./dom.js";
import { BUTTONS, FIELDS, MUTE, SAYS } from "./selectors.js";
import { isSeen } from "./visibility.js";

/** @typedef {import("./dom.js").PageElement} PageElement */
/** @typedef {import("./look.js").Look} Look */

/**
 * Returns whether a node is an element that starts a line of its own.
 *
 * @param {Node} node
 * @returns {boolean}
 */
function isBlock(node) {
  return node.nodeType === 1
    && getComputedStyle(/** @type {Element} */ (node)).display !== "inline";
}

/**
 * Returns the visible text of a node without the content of fields.
 *
 * @param {Node} node
 * @param {PageElement} [left] A field that is left out.
 * @returns {string}
 */
export function textOf(node, left) {
  if (left && node === left) return "";
  if (node.nodeType === 3) return /** @type {Text} */ (node).data;
  if (node.nodeType === 1) {
    const element = /** @type {Element} */ (node);
    if (MUTE.has(element.tagName) || !element.checkVisibility()) return "";
  }
  return [...node.childNodes].map(child => textOf(child, left)).join(isBlock(node) ? " " : "");
}

/**
 * Returns the text of an element that comes before a field in it, and whether the field was met.
 *
 * @param {Node} part
 * @param {PageElement} element
 * @returns {[string, boolean]}
 */
function textBefore(part, element) {
  let text = "";
  for (const child of part.childNodes) {
    if (child === element) return [text, true];
    const [more, met] = child.contains(element)
      ? textBefore(child, element) : [textOf(child), false];
    text += isBlock(child) ? ` ${more} ` : more;
    if (met) return [text, true];
  }
  return [text, false];
}

/**
 * Returns what a sign without words says by its tooltip or its text for screen readers, or "".
 *
 * @param {PageElement} node
 * @returns {string}
 */
export function tooltipOf(node) {
  const text = squeeze(node.getAttribute("aria-label") || node.title || node.alt);
  return !text || SAYS.test(node.textContent) || node.closest(BUTTONS) || node.shadowRoot
    || node.matches(FIELDS) || node.querySelector("*") ? "" : text;
}

/**
 * Returns what an element says that labels a field: of one around the field, the words before it.
 *
 * @param {PageElement} part
 * @param {PageElement} element
 * @returns {string}
 */
function nameIn(part, element) {
  const whole = squeeze(textOf(part, element));
  if (!SAYS.test(whole)) return [part, ...all(part, "*")].map(tooltipOf).find(Boolean) || whole;
  if (!part.contains(element) || /^(checkbox|radio)$/.test(element.type ?? "")) return whole;
  const first = squeeze(textBefore(part, element)[0]);
  return SAYS.test(first) ? first : whole;
}

/**
 * Returns the label that the page declares by `aria-labelledby`, `aria-label` or `label`.
 *
 * @param {Look} look
 * @param {PageElement} element
 * @returns {string}
 */
export function labelOf(look, element) {
  const ids = element.getAttribute("aria-labelledby");
  const root = /** @type {Document | ShadowRoot} */ (element.getRootNode());
  if (ids) {
    const parts = ids.split(/\s+/).flatMap(id => root.getElementById?.(id) ?? []);
    const text = squeeze(parts.map(part => textOf(part, element)).join(" "));
    if (text) return text;
  }
  const aria = squeeze(element.getAttribute("aria-label"));
  if (aria) return aria;
  const labels = /** @type {PageElement[]} */ ([...(element.labels || [])])
    .filter(part => isSeen(look, part)).map(part => nameIn(part, element));
  return squeeze([...new Set(labels)].join(" "));
}
