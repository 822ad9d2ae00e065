// Words with the value next to them, as a page shows them.

import { all, squeeze } from "../locate/dom.js";

/** @typedef {import("../locate/dom.js").PageElement} PageElement */
/** @typedef {[string, string]} Pair Words, and the value next to them. */

export const FIELD = "input:not([type=hidden], [type=submit], [type=button], [type=image], "
  + "[type=checkbox], [type=radio], [type=password]), select, textarea";

/**
 * Returns whether a person is shown an element.
 *
 * @param {PageElement} element
 * @returns {boolean}
 */
export function isShown(element) {
  return element.checkVisibility({ visibilityProperty: true })
    && !element.closest("[aria-hidden=true], [inert]");
}

/**
 * Returns what a field or another element shows.
 *
 * @param {PageElement} element
 * @returns {string}
 */
function valueOf(element) {
  if (/^(checkbox|radio)$/.test(element.type ?? "")) return element.checked ? "yes" : "no";
  if (element.tagName === "SELECT") return squeeze(element.selectedOptions?.[0]?.text);
  return squeeze(element.value ?? element.innerText);
}

/**
 * Returns what a cell shows: the value of the field in it, or its text.
 *
 * @param {PageElement} cell
 * @returns {string}
 */
export function cellText(cell) {
  const own = all(cell, FIELD).find(isShown);
  return own ? valueOf(own) : squeeze(cell.innerText);
}

/**
 * Returns the words of a label without what the fields in it show.
 *
 * @param {PageElement} element
 * @returns {string}
 */
function labelWords(element) {
  return squeeze([...element.childNodes].map(part => {
    if (part.nodeType === 3) return /** @type {Text} */ (part).data;
    const child = /** @type {PageElement} */ (part);
    return child.matches?.(FIELD) || child.querySelector?.(FIELD) ? "" : child.innerText || "";
  }).join(" "));
}

/**
 * Returns the words of a document or shadow root with their values: of labels, terms and lines such
 * as `Total: 12`.
 *
 * @param {Document | ShadowRoot} root
 * @returns {Pair[]}
 */
export function readPairs(root) {
  /** @type {Pair[]} */
  const pairs = [];
  for (const label of /** @type {NodeListOf<HTMLLabelElement>} */ (
    root.querySelectorAll("label"))) {
    const field = /** @type {PageElement | null} */ (label.control);
    if (field && field.type !== "password" && isShown(field)) {
      pairs.push([labelWords(label), valueOf(field)]);
    }
  }
  for (const term of all(root, "dt")) {
    const said = /** @type {PageElement | null} */ (term.nextElementSibling);
    if (said?.tagName === "DD" && isShown(said)) {
      pairs.push([squeeze(term.innerText), cellText(said)]);
    }
  }
  for (const element of all(root, "p, li, div, span")) {
    if (element.querySelector("p, li, div, table, input, select") || !isShown(element)) continue;
    const line = /^([^:：]{1,60})[:：]\s*(\S.*)$/.exec(squeeze(element.innerText));
    if (line) pairs.push([line[1], line[2]]);
  }
  return pairs;
}

/**
 * Returns the words and values of lines without headings, in which each word precedes its value.
 *
 * @param {PageElement[]} lines
 * @returns {Pair[]}
 */
export function pairsOfLines(lines) {
  /** @type {Pair[]} */
  const pairs = [];
  for (const line of lines) {
    const cells = /** @type {PageElement[]} */ ([...line.children]);
    for (let at = 0; cells.length % 2 === 0 && at < cells.length; at += 2) {
      pairs.push([squeeze(cells[at].innerText), cellText(cells[at + 1])]);
    }
  }
  return pairs;
}
