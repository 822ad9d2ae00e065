// Events as a page gets them from a person.

/**
 * Dispatches events that rise through the page.
 *
 * @param {Element} element
 * @param {string[]} kinds
 */
export function dispatch(element, ...kinds) {
  kinds.forEach(kind => element.dispatchEvent(new Event(kind, { bubbles: true, composed: true })));
}
