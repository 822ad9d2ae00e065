// The choices that a list offers: a select's own, or those that the page shows under a field.

import { all, squeeze } from "../locate/dom.js";

/** @typedef {import("../locate/dom.js").PageElement} PageElement */

/**
 * What is to be entered into one field.
 *
 * @typedef {object} EntryStep
 * @property {string} text The value in the form that the browser's own fields take.
 * @property {string} typed The value as a person types it.
 * @property {boolean} offered It must be chosen from what the page offers.
 * @property {string} shows A regular expression for what shows the value.
 * @property {boolean} eager A choice is asked for even while the page is at work.
 */

/**
 * Returns the place of the option to choose: of what is typed, or else of the only one that shows
 * it; -1 where there is none.
 *
 * @param {PageElement} element
 * @param {EntryStep} step
 * @returns {number}
 */
export function optionIndex(element, step) {
  const texts = [...element.options ?? []].map(option => squeeze(option.text));
  if (texts.includes(step.typed)) return texts.indexOf(step.typed);
  const shows = new RegExp(step.shows), fit = texts.filter(text => shows.test(text));
  return fit.length === 1 ? texts.indexOf(fit[0]) : -1;
}

/**
 * Returns the texts of a list's options.
 *
 * @param {PageElement} element
 * @returns {string[]}
 */
export function optionTexts(element) {
  return [...element.options ?? []].map(option => option.text.trim()).filter(Boolean);
}

/**
 * Returns the choices that the page shows now.
 *
 * @returns {PageElement[]}
 */
export function shownOffers() {
  return all(document, "[role=option], [role=listbox] li, [role=menu] li")
    .filter(one => one.checkVisibility() && !one.querySelector("li"));
}

/**
 * Returns what each choice says that the page shows now; they are kept for `keptOffer`.
 *
 * @returns {string[]}
 */
export function readOffers() {
  const shown = window.__clerkworkOffered = shownOffers();
  return shown.map(one => squeeze(one.innerText));
}

/**
 * Returns the choice at a place of the last answer of `readOffers`.
 *
 * @param {number} place
 * @returns {Element | undefined}
 */
export function keptOffer(place) {
  return window.__clerkworkOffered[place];
}
