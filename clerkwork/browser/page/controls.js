// Using one field or button: what it shows, clicking it safely, pressing it without the mouse.

import { all, elementAt } from "../locate/dom.js";
import { whenSettled } from "./settled.js";

/** @typedef {import("../locate/dom.js").PageElement} PageElement */

/**
 * Returns what a field shows; of a box to tick, `yes` or `no`.
 *
 * @param {PageElement} element
 * @returns {string}
 */
export function shownValue(element) {
  if (!element.isConnected) throw new Error("the page has replaced the field");
  if (/^(checkbox|radio)$/.test(element.type ?? "")) return element.checked ? "yes" : "no";
  if (element.tagName === "SELECT") return element.selectedOptions?.[0]?.text.trim() ?? "";
  const inner = /** @type {PageElement | null} */ (element.querySelector?.("input, textarea"));
  return element.value ?? inner?.value ?? element.innerText.trim();
}

/**
 * Returns whether a person can type into an element itself.
 *
 * @param {PageElement} element
 * @returns {boolean}
 */
export function takesText(element) {
  return element.matches("input, textarea, [contenteditable]");
}

/**
 * Presses a button several times and waits for the page after each time.
 *
 * @param {PageElement} element
 * @param {[number, number]} order How often, and the limit of each wait in milliseconds.
 * @returns {Promise<number>} How many more fields the page has then.
 */
export async function pressTimes(element, [times, limit]) {
  const fields = () => all(/** @type {Document | ShadowRoot} */ (element.getRootNode()),
    "input, select, textarea").length;
  const before = fields();
  for (let time = 0; time < times && element.isConnected; time += 1) {
    element.click();
    await whenSettled(limit);
  }
  return fields() - before;
}

/**
 * Guards the next click: only what is inside the element is clicked, even if the page moves.
 *
 * @param {PageElement} element
 */
function guardClick(element) {
  const kinds = ["pointerdown", "mousedown", "pointerup", "mouseup", "click"];
  /** @param {Event} event */
  const guard = event => {
    const inside = event.composedPath().includes(element);
    if (event.type === "pointerdown") aim.missed = !inside;
    if (aim.missed) event.stopImmediatePropagation();
    if (aim.missed) event.preventDefault();
  };
  const aim = { missed: false,
    done: () => kinds.forEach(kind => window.removeEventListener(kind, guard, true)) };
  kinds.forEach(kind => window.addEventListener(kind, guard, true));
  window.__clerkworkAim = aim;
}

/**
 * Returns the point at which a click hits an element, and guards the click; null where Playwright
 * has to do it: in frames, or where something lies over the element.
 *
 * @param {PageElement} element
 * @returns {[number, number] | null}
 */
export function aimAt(element) {
  if (window !== window.top || element.disabled) return null;
  let box = element.getBoundingClientRect();
  if (box.top < 0 || box.left < 0 || box.bottom > innerHeight || box.right > innerWidth) {
    element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    box = element.getBoundingClientRect();
  }
  const x = box.left + box.width / 2, y = box.top + box.height / 2;
  const hit = elementAt(x, y);
  if (!hit || !(element === hit || element.contains(hit))) return null;
  guardClick(element);
  return [x, y];
}

/**
 * Ends the guard; returns whether it stopped the click.
 *
 * @returns {boolean}
 */
export function hasMissed() {
  window.__clerkworkAim?.done();
  return Boolean(window.__clerkworkAim?.missed);
}
