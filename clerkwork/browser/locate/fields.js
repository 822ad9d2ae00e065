// Every visible field of one frame, open shadow roots included, by what a person sees of it: its
// label, the words around it, the heading of its column, and by its attributes.

import { gridPlaceOf } from "./cells.js";
import { squeeze } from "./dom.js";
import { labelOf } from "./labels.js";
import { newLook } from "./look.js";
import { neighboursOf } from "./neighbours.js";
import { coverOf } from "./overlays.js";
import { assignTexts, dropHints, isShut } from "./owners.js";
import { restoreScroll, rewindLists } from "./scrolling.js";
import { SAYS } from "./selectors.js";
import { blockTexts, contentOf, groupOf, headingsAbove, pathOf } from "./surroundings.js";
import { walk } from "./walk.js";

/** @typedef {import("./dom.js").PageElement} PageElement */
/** @typedef {import("./look.js").Look} Look */

// What changes from visit to visit, or is described otherwise.
const LEFT_OUT = new RegExp("^(?:style|value|checked|selected|disabled|readonly|required|tabindex"
  + "|type|role|placeholder|title|aria-(?:label|labelledby|describedby|controls|owns|invalid"
  + "|expanded)|on.*)$");

/**
 * Returns the texts of the headings around this frame, as far as it may see them.
 *
 * @returns {string[]}
 */
function headingsOfFrame() {
  try {
    return /** @type {PageElement | null} */ (frameElement)?.__clerkworkHeadings || [];
  } catch {
    return []; // it is of another origin
  }
}

/**
 * Returns the short attributes of a field that stay the same from visit to visit.
 *
 * @param {PageElement} element
 * @returns {Record<string, string>}
 */
function attributesOf(element) {
  return Object.fromEntries([...element.attributes]
    .filter(({ name, value }) => !LEFT_OUT.test(name) && value.length <= 80)
    .map(({ name, value }) => [name, value]));
}

/**
 * Returns what names the form that a field belongs to.
 *
 * @param {PageElement} element
 * @returns {string}
 */
function formOf(element) {
  const form = element.form || element.closest("form, [role=form], dialog");
  if (!form) return "";
  return squeeze([form.id, form.getAttribute("name"), form.getAttribute("action"),
    form.getAttribute("aria-label")].filter(Boolean).join(" "));
}

/**
 * Returns the words around a field; without signs, such as $, where there are words as well.
 *
 * @param {Look} look
 * @param {number} index
 */
function wordsAround(look, index) {
  const block = blockTexts(look, index), sides = neighboursOf(look, index);
  /** @param {string} text */
  const says = text => SAYS.test(text);
  if (![...block, sides.left, sides.above].some(says)) return { block, ...sides };
  return { block: block.filter(says), ...sides, left: says(sides.left) ? sides.left : "",
    above: says(sides.above) ? sides.above : "" };
}

/**
 * Returns what is known of a field but for its group and what covers it.
 *
 * @param {Look} look
 * @param {PageElement} element
 * @param {number} index
 */
function describe(look, element, index) {
  const tag = element.tagName.toLowerCase();
  const options = tag === "select" ? [...element.options ?? []].slice(0, 12) : [];
  const content = element.placeholder || contentOf(look, element, index);
  return {
    tag, type: element.type || "", role: element.getAttribute("role") || "",
    label: labelOf(look, element), title: squeeze(element.title),
    placeholder: squeeze(content).slice(0, 80), attributes: attributesOf(element),
    ...wordsAround(look, index), ...gridPlaceOf(look, element),
    headings: headingsAbove(look, index).map(text => text.slice(0, 80)).reverse(),
    options: options.map(option => squeeze(option.text)), form: formOf(element),
    blocked: isShut(element), path: pathOf(look, element),
  };
}

/**
 * Describes every visible field; the fields are kept for `keptElement`.
 *
 * @param {boolean} [again] Whether lists that build only what is in view were scrolled back before.
 * @returns The fields in the order of the document; null where such lists were scrolled back to
 *   their start now: the fields that are built there come a moment later.
 */
export function findFields(again) {
  if (!again && rewindLists()) return null;
  const look = newLook();
  look.inherited = headingsOfFrame();
  walk(look, document);
  dropHints(look);
  assignTexts(look);
  const elements = look.fields.map(({ element }) => element);
  const facts = elements.map((element, index) => describe(look, element, index));
  const names = new Set(facts.flatMap(({ label, left, above }) => [label, left, above]));
  const found = facts.map((fact, index) => (
    { ...fact, group: groupOf(look, elements[index], names) }));
  const covers = elements.map(element => coverOf(look, element));
  restoreScroll(look);
  window.__clerkworkFound = elements;
  return found.map((fact, index) => ({ ...fact, covered: covers[index] }));
}
