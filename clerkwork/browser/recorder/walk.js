// What the recorded way meets on the page.

import { squeeze } from "../locate/dom.js";
import { GRID, LINE } from "../locate/selectors.js";

/** @typedef {import("../locate/dom.js").PageElement} PageElement */

/**
 * Returns what a click meets: a link or a button, and its words.
 *
 * @param {PageElement} element
 * @returns {[string, string]}
 */
export function clickedPart(element) {
  const { innerText, value, title } = element;
  return [element.closest("a[href]") ? "link" : "button",
    squeeze(element.getAttribute("aria-label") || innerText || value || title)];
}

/**
 * Returns what a field shows, also after the page has removed it.
 *
 * @param {PageElement} element
 * @returns {string}
 */
export function recordedValue(element) {
  if (element.tagName === "SELECT") return element.selectedOptions?.[0]?.text.trim() ?? "";
  if (/^(checkbox|radio)$/.test(element.type ?? "")) return element.checked ? "yes" : "no";
  return element.value ?? element.innerText.trim();
}

/**
 * Returns the headings of the columns with the reference and with what was clicked; empty texts
 * outside of a list.
 *
 * @param {PageElement} clicked
 * @param {string} reference
 * @returns {[string, string]}
 */
export function columnsOf(clicked, reference) {
  const row = clicked.closest(LINE), table = row?.closest(GRID);
  const lines = /** @type {PageElement[]} */ ([...(table?.querySelectorAll(LINE) ?? [])]);
  const head = lines.find(one => one !== row && one.querySelector("th, [role=columnheader]"));
  if (!row || !head) return ["", ""];
  const cells = /** @type {PageElement[]} */ ([...row.children]);
  const heads = /** @type {PageElement[]} */ ([...head.children]);
  /** @param {PageElement | undefined} cell */
  const over = cell => cell ? heads[cells.indexOf(cell)]?.innerText.trim() ?? "" : "";
  return [over(cells.find(cell => cell.innerText.trim() === reference)),
    over(cells.find(cell => cell.contains(clicked)))];
}

/**
 * Returns whether an element is another one.
 *
 * @param {Node} one
 * @param {Node} other
 * @returns {boolean}
 */
export function isSame(one, other) {
  return one === other;
}

/**
 * Returns whether an element is another one or inside it.
 *
 * @param {Node} one
 * @param {Node} other
 * @returns {boolean}
 */
export function isWithin(one, other) {
  return other.contains(one);
}
