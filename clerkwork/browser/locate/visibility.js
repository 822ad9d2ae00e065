// Whether a person can see an element, after scrolling to it where needed.

import { up } from "./dom.js";

/** @typedef {import("./dom.js").PageElement} PageElement */
/** @typedef {import("./look.js").Layout} Layout */
/** @typedef {import("./look.js").Look} Look */

/**
 * Returns what the layout says of an element; it is asked once for each.
 *
 * @param {Look} look
 * @param {Element} part
 * @returns {Layout}
 */
export function layoutOf(look, part) {
  const known = look.layouts.get(part);
  if (known) return known;
  const style = getComputedStyle(part), box = part.getBoundingClientRect();
  const page = part === document.body || part === document.documentElement;
  const clips = style.overflow !== "visible" && style.display !== "inline" && !page;
  const layout = {
    clips, fixed: style.position === "fixed", position: style.position,
    rtl: style.direction === "rtl",
    hidden: /inset\((50|100)%/.test(style.clipPath) || /rect\((0|1)px/.test(style.clip),
    shut: clips && (box.width < 3 || box.height < 3),
  };
  look.layouts.set(part, layout);
  return layout;
}

/**
 * Returns whether an element can be scrolled to: not if it is left of or above the start of a pane.
 *
 * @param {Look} look
 * @param {PageElement} element
 * @returns {boolean}
 */
function isReachable(look, element) {
  let { right, bottom } = element.getBoundingClientRect();
  for (let part = /** @type {PageElement | null} */ (element); part; part = up(part)) {
    const layout = layoutOf(look, part);
    if (layout.fixed) break;
    if (part === element) continue;
    const mirrored = layout.rtl && (layout.clips || part === document.scrollingElement);
    right += part.scrollLeft + (mirrored ? part.scrollWidth - part.clientWidth : 0);
    bottom += part.scrollTop;
  }
  return right > 0 && bottom > 0;
}

/**
 * Returns whether an element around it shows nothing of its content.
 *
 * @param {Look} look
 * @param {PageElement} element
 * @returns {boolean}
 */
function isCutOff(look, element) {
  let away = ""; // the position by which it leaves the boxes around it
  for (let part = /** @type {PageElement | null} */ (element); part; part = up(part)) {
    const layout = layoutOf(look, part);
    if (away === "absolute" && layout.position !== "static") away = "";
    if (layout.hidden || (layout.shut && !away)) return true;
    if (/^(fixed|absolute)$/.test(layout.position) && away !== "fixed") away = layout.position;
  }
  return false;
}

/**
 * Returns whether a person can see an element. A box to tick may be drawn by its label instead.
 *
 * @param {Look} look
 * @param {PageElement} element
 * @returns {boolean}
 */
export function isSeen(look, element) {
  const free = /^(checkbox|radio|file)$/.test(element.type ?? "");
  const shown = { visibilityProperty: true, opacityProperty: true };
  if (!element.checkVisibility({ ...shown, opacityProperty: !free })) return false;
  if (free && !up(element)?.checkVisibility(shown)) return false;
  if (element.closest("[aria-hidden=true], [inert]")) return false;
  const box = element.getBoundingClientRect();
  if (box.width < 3 || box.height < 3) return free && Boolean(element.labels?.length);
  return isReachable(look, element) && !isCutOff(look, element);
}
