// Waiting until the browser has drawn what a search began.

/**
 * Returns after two frames were drawn, or after 100 ms where the page is not drawn.
 *
 * @returns {Promise<void>}
 */
export function whenPainted() {
  return new Promise(resolve => {
    requestAnimationFrame(() => requestAnimationFrame(() => resolve()));
    setTimeout(resolve, 100);
  });
}
