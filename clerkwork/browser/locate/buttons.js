// The buttons of one frame that bear given words, open shadow roots included.

import { all, squeeze } from "./dom.js";
import { newLook } from "./look.js";
import { coverOf } from "./overlays.js";
import { restoreScroll } from "./scrolling.js";
import { BUTTONS } from "./selectors.js";
import { isSeen } from "./visibility.js";

/** @typedef {import("./dom.js").PageElement} PageElement */

/**
 * A button that was found.
 *
 * @typedef {object} Button
 * @property {string} label What it says.
 * @property {number} word The place of the words that it bears.
 * @property {boolean} exact Whether it says exactly these.
 * @property {string} covered What lies over it, or "".
 * @property {boolean} blocked Whether it is disabled.
 */

const KEY = "(?:[a-z⌘⌥⇧]+ ?[+-] ?)*(?:f[0-9]{1,2}|enter|esc|[a-z0-9])";
const SHORTCUT = new RegExp(`[([【]${KEY}[)\\]】]`, "g");

/**
 * Returns a text in small letters and with its white space reduced.
 *
 * @param {string} text
 * @returns {string}
 */
function wholeWords(text) {
  return squeeze(text.normalize("NFKC").toLowerCase());
}

/**
 * Returns the letters and figures of a text: no signs, and no shortcut in brackets.
 *
 * @param {string} text
 * @returns {string}
 */
function bareWords(text) {
  const whole = wholeWords(text), bare = whole.replace(SHORTCUT, " ");
  const words = squeeze((bare.trim() ? bare : whole).replace(/[^\p{L}\p{N}\p{M}\s%#&/.-]/gu, " "))
    .replace(/^[\s./-]+|[\s./-]+$/g, "").replace(/(?<=\p{Script=Han}) (?=\p{Script=Han})/gu, "");
  return words || whole; // a button may bear nothing but a sign
}

/**
 * Returns what a button says.
 *
 * @param {PageElement} element
 * @returns {string}
 */
function nameOf(element) {
  const { innerText, value, title, alt } = element;
  return squeeze(element.getAttribute("aria-label") || innerText || value || title || alt);
}

/**
 * Returns whether a click on an element is a click on a button: by its kind, or by its cursor.
 *
 * @param {PageElement} element
 * @returns {boolean}
 */
function isClickable(element) {
  return Boolean(element.closest(BUTTONS)) || getComputedStyle(element).cursor === "pointer";
}

/**
 * Returns the visible elements below a node that may be buttons and bear one of the words.
 *
 * @param {ParentNode} root
 * @param {(element: PageElement) => boolean} fits
 * @returns {PageElement[]}
 */
function clickables(root, fits) {
  return all(root, "*").flatMap(element => {
    const below = element.shadowRoot ? clickables(element.shadowRoot, fits) : [];
    const plain = element.children.length === 0 && !element.matches("input, option, label");
    const own = (element.matches(BUTTONS) || plain) && fits(element) && isClickable(element);
    return own ? [...below, element] : below;
  });
}

/**
 * Finds the visible buttons that bear one of *words*; they are kept for `keptElement`.
 *
 * @param {string[]} words
 * @returns {Button[]}
 */
export function findButtons(words) {
  const look = newLook();
  const wanted = words.map(bareWords), verbatim = words.map(wholeWords);
  const hits = new Set(clickables(document,
    element => wanted.includes(bareWords(nameOf(element))) && isSeen(look, element),
  ).map(element => /** @type {PageElement} */ (element.closest(BUTTONS)) || element));
  const found = [...hits].map(element => {
    const label = nameOf(element), word = wanted.indexOf(bareWords(label));
    return { label, word, exact: verbatim[word] === wholeWords(label),
      covered: coverOf(look, element), blocked: Boolean(element.disabled) };
  });
  restoreScroll(look);
  window.__clerkworkFound = [...hits];
  return found;
}
