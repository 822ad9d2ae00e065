// The page as one tree, open shadow roots included, and its texts.

/**
 * An element of the page, which may be a field.
 *
 * @typedef {HTMLElement & Partial<HTMLInputElement>
 *   & Partial<Pick<HTMLSelectElement, "options" | "selectedOptions" | "selectedIndex">>
 *   & Partial<Pick<HTMLTableCellElement, "colSpan" | "rowSpan">>} PageElement
 */

/**
 * Returns a text with its white space reduced to single blanks.
 *
 * @param {string | null | undefined} text
 * @returns {string}
 */
export function squeeze(text) {
  return (text || "").replace(/\s+/g, " ").trim();
}

/**
 * Returns the elements below a node that match a selector, in the order of the document.
 *
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {PageElement[]}
 */
export function all(root, selector) {
  return [.../** @type {NodeListOf<PageElement>} */ (root.querySelectorAll(selector))];
}

/**
 * Returns the node that a node is shown in: its slot, its parent or the host of its shadow root.
 *
 * @param {Node} node
 * @returns {Node | null}
 */
function above(node) {
  return /** @type {Element} */ (node).assignedSlot || node.parentNode
    || (node instanceof ShadowRoot ? node.host : null);
}

/**
 * Returns the element that a node is shown in, or null.
 *
 * @param {Node} node
 * @returns {PageElement | null}
 */
export function up(node) {
  let next = above(node);
  while (next && next.nodeType !== 1) next = next instanceof ShadowRoot ? next.host : above(next);
  return /** @type {PageElement | null} */ (next);
}

/**
 * Returns the nearest element around an element, or itself, that matches; across shadow roots.
 *
 * @param {PageElement} element
 * @param {string} selector
 * @returns {PageElement | null}
 */
export function closest(element, selector) {
  /** @type {PageElement | null} */
  let part = element;
  while (part && !part.matches(selector)) part = up(part);
  return part;
}

/**
 * Returns the innermost element at a point of the view, inside open shadow roots as well.
 *
 * @param {number} x
 * @param {number} y
 * @returns {PageElement | null}
 */
export function elementAt(x, y) {
  let hit = document.elementFromPoint(x, y);
  while (hit?.shadowRoot) {
    const inner = hit.shadowRoot.elementFromPoint(x, y);
    if (!inner || inner === hit) break;
    hit = inner;
  }
  return /** @type {PageElement | null} */ (hit);
}
