// Fills fields one after another as typing would: the value, then the events that pages listen to.
// It waits in between only where the page asks its server, or where a choice must be offered.

import { squeeze } from "../locate/dom.js";
import { shownValue } from "../page/controls.js";
import { dispatch } from "../page/events.js";
import { isAsking, whenSettled } from "../page/settled.js";
import { optionIndex, shownOffers } from "./options.js";

/** @typedef {import("../locate/dom.js").PageElement} PageElement */
/** @typedef {import("./options.js").EntryStep} EntryStep */
/** @typedef {[PageElement[], number]} KeptPlace Elements that were found, and the place of one. */

/**
 * Returns whether an element takes a text.
 *
 * @param {PageElement} element
 * @returns {boolean}
 */
function takesEntry(element) {
  return element.isConnected && !element.disabled && !element.readOnly
    && /^(INPUT|TEXTAREA)$/.test(element.tagName) && element.type !== "file"
    && element.checkVisibility({ visibilityProperty: true });
}

/**
 * Sets the value of an element past the setters that libraries put in front of it.
 *
 * @param {PageElement} element
 * @param {{text: string, typed: string}} step
 */
function setValue(element, step) {
  const kind = element.tagName === "INPUT" ? HTMLInputElement : HTMLTextAreaElement;
  const plain = /^(date|number)$/.test(element.type ?? "");
  Object.getOwnPropertyDescriptor(kind.prototype, "value")?.set?.call(
    element, plain ? step.text : step.typed);
}

/**
 * Focuses a field; returns it, or the field that the page focuses in its place, or null.
 *
 * @param {PageElement} element
 * @returns {PageElement | null}
 */
function focusEntry(element) {
  element.focus({ preventScroll: true });
  if (element.checkVisibility()) return element;
  const root = /** @type {Document | ShadowRoot} */ (element.getRootNode());
  const active = /** @type {PageElement | null} */ (root.activeElement);
  return active && active !== element && takesEntry(active) ? active : null;
}

/**
 * Empties a field: what was typed and not chosen would look like a choice.
 *
 * @param {PageElement} element
 * @returns {string}
 */
function emptied(element) {
  setValue(element, { text: "", typed: "" });
  dispatch(element, "input", "change");
  return "blocked";
}

/**
 * Clicks a choice with all the events of a mouse.
 *
 * @param {PageElement} one
 */
function clickOffer(one) {
  const about = { bubbles: true, cancelable: true, composed: true, view: window };
  one.dispatchEvent(new PointerEvent("pointerdown", about));
  one.dispatchEvent(new MouseEvent("mousedown", about));
  one.dispatchEvent(new PointerEvent("pointerup", about));
  one.dispatchEvent(new MouseEvent("mouseup", about));
  /** @type {HTMLElement} */ (one.querySelector("a, button") || one).click();
}

/**
 * Types a value and takes the choice that the page offers for it.
 *
 * @param {PageElement} element
 * @param {EntryStep} step
 * @param {number} limit
 * @returns {Promise<string>} As `fillField`.
 */
async function chooseOffer(element, step, limit) {
  const shows = new RegExp(step.shows);
  if (shows.test(squeeze(element.value))) return "";
  element.focus({ preventScroll: true });
  setValue(element, step);
  dispatch(element, "input", "change");
  await whenSettled(limit);
  const one = shownOffers().find(part => shows.test(squeeze(part.innerText)));
  if (!one) return emptied(element); // typed by a keyboard, it may be offered after all
  clickOffer(one);
  const taken = () => !(one.isConnected && one.checkVisibility())
    && shows.test(squeeze(element.value));
  if (!taken()) await whenSettled(limit);
  return taken() ? "" : emptied(element);
}

/**
 * Types a value into a field.
 *
 * @param {PageElement} element
 * @param {EntryStep} step
 * @returns {string} As `fillField`.
 */
function typeEntry(element, step) {
  const active = focusEntry(element);
  if (active) {
    setValue(active, step);
    dispatch(active, "input", "change");
  }
  const root = /** @type {Document | ShadowRoot} */ (element.getRootNode());
  /** @type {HTMLElement | null} */ (root.activeElement)?.blur();
  return active ? "" : "blocked";
}

/**
 * Fills one field.
 *
 * @param {PageElement} element
 * @param {EntryStep} step
 * @param {number} limit
 * @returns {Promise<string>} "", or why it was left: "blocked", or "missing" for a choice that is
 *   not offered.
 */
async function fillField(element, step, limit) {
  if (!element.isConnected || element.disabled || element.readOnly) return "blocked";
  if (/^(checkbox|radio)$/.test(element.type ?? "")) {
    if (element.checked !== /^(yes|true|1|on|是)$/i.test(step.typed)) element.click();
    return "";
  }
  if (!element.checkVisibility({ visibilityProperty: true })) return "blocked";
  if (element.tagName === "SELECT") {
    const found = optionIndex(element, step);
    if (found < 0) return "missing";
    element.selectedIndex = found;
    dispatch(element, "input", "change");
    return "";
  }
  if (!takesEntry(element)) return "blocked";
  return step.offered ? chooseOffer(element, step, limit) : typeEntry(element, step);
}

/**
 * Returns what each field shows.
 *
 * @param {KeptPlace[]} places
 * @returns {string[]}
 */
export function shownValues(places) {
  return places.map(([kept, at]) => shownValue(kept[at]));
}

/**
 * Fills fields in sequence, then reads others.
 *
 * @param {[KeptPlace[], EntryStep[], KeptPlace[], number]} order The fields, what is entered into
 *   each, the fields to read, and the limit of each wait in milliseconds.
 * @returns {Promise<{problems: string[], shown: string[]}>} The answer of `fillField` for each, and
 *   what the others show; nothing where the page has replaced one of them.
 */
export async function fillAndRead([places, steps, read, limit]) {
  const problems = [], elements = places.map(([kept, at]) => kept[at]);
  for (const [at, step] of steps.entries()) {
    if (isAsking() || (step.offered && !step.eager)) await whenSettled(limit);
    problems.push(await fillField(elements[at], step, limit));
  }
  await whenSettled(limit);
  const whole = read.every(([kept, at]) => kept[at].isConnected);
  return { problems, shown: whole ? shownValues(read) : [] };
}
