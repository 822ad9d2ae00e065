// Typing into one field by the keyboard, which Playwright does: what comes before and after it.

import { squeeze } from "../locate/dom.js";
import { dispatch } from "../page/events.js";
import { isAsking, whenSettled } from "../page/settled.js";
import { optionIndex } from "./options.js";

/** @typedef {import("../locate/dom.js").PageElement} PageElement */
/** @typedef {import("./options.js").EntryStep} EntryStep */

/**
 * Chooses an option of a select.
 *
 * @param {PageElement} element
 * @param {EntryStep} step
 * @param {number} limit
 */
async function selectOption(element, step, limit) {
  const found = optionIndex(element, step);
  if (found < 0) return { missing: true };
  if (found !== element.selectedIndex) { // the page may leave at each change
    element.selectedIndex = found;
    dispatch(element, "input", "change");
    await whenSettled(limit);
  }
  return { done: true };
}

/**
 * Returns the field that the page has focused in place of a field that it has hidden, or null.
 *
 * @param {PageElement} element
 * @returns {PageElement | null}
 */
function replacementOf(element) {
  const root = /** @type {Document | ShadowRoot} */ (element.getRootNode());
  const active = /** @type {PageElement | null} */ (root.activeElement);
  if (!active || active === element || element.checkVisibility()) return null;
  return /^(INPUT|TEXTAREA)$/.test(active.tagName) ? active : null;
}

/**
 * Focuses a field that is to be typed into and waits for what the page does.
 *
 * @param {[PageElement, EntryStep, number]} order The field, what is entered, and the limit of each
 *   wait in milliseconds.
 * @returns What the field is; the one that takes the text is kept for `typingField`.
 */
export async function readyToType([element, step, limit]) {
  if (isAsking()) await whenSettled(limit);
  if (!element.isConnected) return { gone: true };
  if (element.disabled || element.readOnly) return { takes: false };
  if (element.tagName === "SELECT") return selectOption(element, step, limit);
  const already = step.offered && new RegExp(step.shows).test(squeeze(element.value));
  if (already) return { done: true }; // typing it again would offer nothing
  element.focus();
  if (isAsking() || !element.checkVisibility()) await whenSettled(limit);
  const typing = window.__clerkworkTyping = replacementOf(element) ?? element;
  return { other: typing !== element, tick: /^(checkbox|radio)$/.test(element.type ?? ""),
    plain: /^(date|number)$/.test(typing.type ?? "") };
}

/**
 * Returns the field that takes the text, which may be another one than the one asked for.
 *
 * @returns {Element | undefined}
 */
export function typingField() {
  return window.__clerkworkTyping;
}

/**
 * Takes the focus away from a field, so that the page takes its value.
 *
 * @param {HTMLElement} element
 */
export function leaveField(element) {
  element.blur();
}
