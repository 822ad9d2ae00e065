// Finding a button and aiming at it in one step.

import { findButtons } from "../locate/buttons.js";
import { keptElement } from "../locate/kept.js";
import { aimAt } from "./controls.js";

/** @typedef {import("../locate/dom.js").PageElement} PageElement */

/**
 * Returns the only button that bears some words and can be clicked, or null.
 *
 * @param {string} words
 * @returns {PageElement | null}
 */
export function onlyButton(words) {
  const hits = findButtons([words]);
  const called = hits.filter(one => one.word === 0), exact = called.filter(one => one.exact);
  const [hit, other] = exact.length ? exact : called;
  if (!hit || other || hit.covered || hit.blocked) return null;
  return /** @type {PageElement} */ (keptElement(hits.indexOf(hit)));
}

/**
 * Returns the point at which a click hits the button that bears *words*, or null; see `aimAt`.
 *
 * @param {string} words
 * @returns {[number, number] | null}
 */
export function aimAtButton(words) {
  const button = onlyButton(words);
  return button && aimAt(button);
}
