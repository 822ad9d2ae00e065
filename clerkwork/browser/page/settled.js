// Waiting for the page, which `settle.js` watches.

/**
 * Waits until the page has nothing left to do; returns whether that came within the limit.
 *
 * @param {number} limit In milliseconds.
 * @returns {Promise<boolean>}
 */
export async function whenSettled(limit) {
  return window.__clerkworkSettled ? window.__clerkworkSettled(limit) : true;
}

/**
 * Returns whether the page has asked its server for something that has not come yet.
 *
 * @returns {boolean}
 */
export function isAsking() {
  return window.__clerkworkAsking?.() || false;
}
