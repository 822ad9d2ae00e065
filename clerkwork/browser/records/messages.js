// Reports every line that comes to be shown in this frame and has all the given pieces, at once:
// a message may be gone a moment later, or its page.

import { squeeze } from "../locate/dom.js";

const CHANGES = { subtree: true, childList: true, characterData: true, attributes: true,
  attributeFilter: ["class", "style", "hidden", "open", "aria-hidden"] };

/**
 * Reports the lines of the block around a node that fit.
 *
 * @param {Node} node
 * @param {(text: string) => boolean} fits
 */
function reportLines(node, fits) {
  let part = node.nodeType === 1 ? /** @type {HTMLElement} */ (node) : node.parentElement;
  while (part?.parentElement && getComputedStyle(part).display === "inline") {
    part = part.parentElement;
  }
  if (!part || !fits(part.textContent)) return;
  if (!part.checkVisibility({ visibilityProperty: true })) return;
  for (const line of part.innerText.split("\n")) {
    if (fits(line)) window.__clerkworkTell(squeeze(line));
  }
}

/**
 * Observes a document or shadow root and all shadow roots in it.
 *
 * @param {Document | ShadowRoot} root
 * @param {MutationObserver} observer
 */
function observeAll(root, observer) {
  observer.observe(root, CHANGES);
  for (const host of root.querySelectorAll("*")) {
    if (host.shadowRoot) observeAll(host.shadowRoot, observer);
  }
}

/**
 * Returns the nodes that changed and are still in the page; shadow roots that came are observed.
 *
 * @param {MutationRecord[]} changes
 * @param {MutationObserver} observer
 * @returns {Set<Node>}
 */
function changedNodes(changes, observer) {
  /** @type {Set<Node>} */
  const met = new Set();
  for (const node of changes.flatMap(({ target, addedNodes }) => [target, ...addedNodes])) {
    const inner = /** @type {Element} */ (node).shadowRoot;
    if (inner) observeAll(inner, observer);
    if (node instanceof ShadowRoot) node.childNodes.forEach(one => met.add(one));
    else if (node.isConnected) met.add(node);
  }
  return met;
}

/**
 * Starts to report the lines that have all *pieces*, once in each document.
 *
 * @param {string[]} pieces In small letters.
 */
export function watchMessages(pieces) {
  if (window.__clerkworkTells) return;
  window.__clerkworkTells = true;
  /** @param {string | null} text */
  const fits = text => {
    const words = squeeze(text).toLowerCase();
    return pieces.every(piece => words.includes(piece));
  };
  const observer = new MutationObserver(changes => {
    changedNodes(changes, observer).forEach(node => reportLines(node, fits));
  });
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (...how) {
    const root = attach.apply(this, how);
    observeAll(root, observer);
    return root;
  };
  observeAll(document, observer);
}
