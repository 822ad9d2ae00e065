// One walk over a frame in the order of the document: its fields, its texts and its headings.

import { all, squeeze, up } from "./dom.js";
import { tooltipOf } from "./labels.js";
import { FIELDS, HEADING, MUTE } from "./selectors.js";
import { isSeen } from "./visibility.js";

/** @typedef {import("./dom.js").PageElement} PageElement */
/** @typedef {import("./look.js").Heading} Heading */
/** @typedef {import("./look.js").Look} Look */
/** @typedef {import("./look.js").TextRun} TextRun */

/**
 * Returns the smallest element around a heading that has fields, or null if its section has none.
 *
 * @param {PageElement} heading
 * @returns {PageElement | null}
 */
function scopeOf(heading) {
  const section = heading.closest("section, article, aside, nav, dialog, [role=dialog]");
  if (section && !section.querySelector(`${FIELDS}, iframe`)
    && !all(section, "*").some(part => part.shadowRoot)) return null;
  let box = up(heading);
  for (let next = box && up(box); box && next && !box.querySelector(FIELDS); next = up(box)) {
    box = next;
  }
  return box;
}

/**
 * Returns the headings that name a part of the page around an element, the nearest last.
 *
 * @param {Look} look
 * @param {PageElement} element
 * @returns {Heading[]}
 */
function headingsAround(look, element) {
  /** @type {Set<Element | null>} */
  const boxes = new Set();
  for (let part = /** @type {PageElement | null} */ (element); part; part = up(part)) {
    boxes.add(part);
  }
  return look.headings.filter(one => boxes.has(one.scope));
}

/**
 * Adds a text to the one before it, if both are in one block and close to each other.
 *
 * @param {Look} look
 * @param {PageElement} parent
 * @param {string} text
 * @param {DOMRect} box
 * @param {string} sign
 * @returns {TextRun}
 */
function addText(look, parent, text, box, sign) {
  let block = parent;
  for (let next = up(block); next && getComputedStyle(block).display === "inline";
    next = up(block)) block = next;
  const run = look.run;
  if (run && run.block === block && box.left - run.box.right < 16 && !sign) {
    run.text = squeeze(`${run.text} ${text}`);
    run.box = { left: Math.min(run.box.left, box.left), top: Math.min(run.box.top, box.top),
      right: Math.max(run.box.right, box.right), bottom: Math.max(run.box.bottom, box.bottom) };
    return run;
  }
  const added = { block, parent, text, sign, at: look.fields.length, owner: -1,
    heading: Boolean(parent.closest(HEADING)),
    box: { left: box.left, top: box.top, right: box.right, bottom: box.bottom } };
  look.texts.push(added);
  look.run = added;
  return added;
}

/**
 * Reads a visible text, or the tooltip of a sign.
 *
 * @param {Look} look
 * @param {Node} node
 * @param {string} sign The tooltip, or "".
 */
function readText(look, node, sign = "") {
  const parent = /** @type {PageElement | null} */ (
    node.parentElement || /** @type {ShadowRoot} */ (node.getRootNode()).host);
  const text = sign || squeeze(/** @type {Text} */ (node).data);
  if (!text || !parent?.checkVisibility({ visibilityProperty: true })) return;
  if (look.fields.at(-1)?.element.contains(parent)) return; // it is the value of the field
  const range = document.createRange();
  range.selectNodeContents(node);
  const box = range.getBoundingClientRect();
  if (!box.width || !box.height) return;
  const run = addText(look, parent, text, box, sign);
  const heading = /** @type {PageElement | null} */ (parent.closest(HEADING));
  if (!heading) return;
  if (look.headings.at(-1)?.heading === heading) look.headings.pop();
  look.headings.push({ heading, scope: scopeOf(heading), text: run.text });
}

/**
 * Adds a field if a person can see it.
 *
 * @param {Look} look
 * @param {PageElement} node
 * @returns {boolean} Whether there is something to read in it.
 */
function addField(look, node) {
  const last = look.fields.at(-1)?.element;
  if (!node.matches(FIELDS) || (last && last !== node && last.contains(node))) return true;
  if (!isSeen(look, node)) return node.tagName !== "SELECT" && node.tagName !== "TEXTAREA";
  look.fields.push({ element: node, headings: headingsAround(look, node) });
  look.run = null;
  return true;
}

/**
 * Walks over everything below a node.
 *
 * @param {Look} look
 * @param {Node} root
 */
export function walk(look, root) {
  for (let node = root.firstChild; node; node = node.nextSibling) {
    if (node.nodeType === 3) readText(look, node);
    if (node.nodeType !== 1) continue;
    const element = /** @type {PageElement} */ (node);
    if (element.tagName === "SCRIPT" || element.tagName === "STYLE") continue;
    if (!addField(look, element)) continue;
    const sign = tooltipOf(element);
    if (sign) {
      readText(look, element, sign);
      look.run = null;
      continue;
    }
    if (element.tagName === "IFRAME") {
      const around = headingsAround(look, element).map(one => one.text);
      element.__clerkworkHeadings = [...look.inherited, ...around];
    }
    if (element.shadowRoot) walk(look, element.shadowRoot);
    if (!MUTE.has(element.tagName)) walk(look, element);
  }
}
