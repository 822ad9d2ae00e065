// The elements that the last search of this frame found, by their place in its answer.

/**
 * Returns the element at a place, or undefined where the answer is of another search.
 *
 * @param {number} place
 * @returns {Element | undefined}
 */
export function keptElement(place) {
  return window.__clerkworkFound[place];
}

/**
 * Returns the elements at all *places*.
 *
 * @param {number[]} places
 * @returns {Element[]}
 */
export function keptElements(places) {
  return places.map(place => {
    const element = keptElement(place);
    if (!element) throw new Error("the page was replaced");
    return element;
  });
}
