// Covers everything in one frame that shows a secret, before a picture is taken: fields for
// passwords and codes, fields that hold one of the secrets, and texts that say one. The covers are
// in the browser's top layer; the page itself is not changed.

import { all } from "../locate/dom.js";

const ID = "clerkwork-covers";
const KINDS = /password|one-time-code|cc-number|cc-csc/;

/**
 * Returns the boxes of what shows a secret below a node.
 *
 * @param {Document | ShadowRoot} root
 * @param {string[]} secrets
 * @returns {DOMRect[]}
 */
function secretBoxes(root, secrets) {
  /** @param {string | undefined} text */
  const tells = text => secrets.some(secret => (text || "").includes(secret));
  const parts = /** @type {Element[]} */ (all(root, "input, textarea").filter(field => (
    field.type === "password" || KINDS.test(field.autocomplete ?? "") || tells(field.value))));
  if (secrets.length) {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      if (tells(/** @type {Text} */ (text).data) && text.parentElement) {
        parts.push(text.parentElement);
      }
    }
  }
  const boxes = parts.map(part => part.getBoundingClientRect());
  for (const host of all(root, "*")) {
    if (host.shadowRoot) boxes.push(...secretBoxes(host.shadowRoot, secrets));
  }
  return boxes;
}

/**
 * Puts a cover over each box.
 *
 * @param {DOMRect[]} boxes
 */
function addCovers(boxes) {
  const covers = document.createElement("div");
  covers.id = ID;
  covers.popover = "manual";
  covers.style.cssText = "all:initial;position:absolute;left:0;top:0;display:block;"
    + "overflow:visible;pointer-events:none";
  for (const { left, top, width, height } of boxes) {
    const cover = document.createElement("div");
    cover.style.cssText = `position:absolute;background:#555;left:${left + scrollX}px;`
      + `top:${top + scrollY}px;width:${width}px;height:${height}px`;
    covers.append(cover);
  }
  document.documentElement.append(covers);
  covers.showPopover?.();
}

/**
 * Covers what shows a secret, or removes the covers.
 *
 * @param {[string[], boolean]} order The secrets, and whether to cover them.
 * @returns The size of the page, whether the view shows all of it, and whether there are covers.
 */
export function coverSecrets([secrets, on]) {
  document.getElementById(ID)?.remove();
  const page = document.scrollingElement || document.documentElement;
  const seen = innerHeight >= page.scrollHeight && innerWidth >= page.scrollWidth;
  const size = { width: page.scrollWidth, height: page.scrollHeight, seen };
  const boxes = on ? secretBoxes(document, secrets).filter(box => box.width && box.height) : [];
  if (boxes.length) addCovers(boxes);
  return { ...size, covered: boxes.length > 0 };
}
