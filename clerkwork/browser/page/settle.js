// Whether the page is at work: open requests, short timers that are due, aria-busy, loading.
// This runs before every document's own scripts. A page that restarts a timer for ever is not
// waited for: timers that are set by timers count to a depth only, except for those without a
// delay, by which libraries split their work.

/**
 * What the page is doing.
 *
 * @typedef {object} PageWork
 * @property {Set<unknown>} timers Those that are waited for.
 * @property {number} requests How many are open.
 * @property {number} depth How many timers led to what runs now.
 * @property {number} left When the page began to be replaced, in milliseconds.
 * @property {(work: () => void, delay?: number) => number} later The browser's own timer.
 */

const SHORT_MS = 1000, SPLIT_MS = 10, DEPTH = 4, CALM = 3;
const LEAVING_MS = 10000; // a page that was left for a download or a mail stays after all

/**
 * Notes when the page is being left: by a link, or by a form whose page is not requested yet.
 *
 * @param {PageWork} page
 */
function watchLeaving(page) {
  window.addEventListener("beforeunload", () => { page.left = performance.now(); });
  window.addEventListener("submit", event => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    /** @param {string} name */
    const says = name => event.submitter?.getAttribute(`form${name}`)
      || form.getAttribute(name) || ""; // as a property it may be a field of that name
    if (event.defaultPrevented || says("method") === "dialog") return;
    if (!/^(_self)?$/.test(says("target"))) return;
    const before = page.left;
    page.left = performance.now();
    page.later(() => { if (event.defaultPrevented) page.left = before; }, 0);
  });
}

/**
 * Counts the timers that the page sets.
 *
 * @param {PageWork} page
 */
function watchTimers(page) {
  const cancel = window.clearTimeout.bind(window);
  /**
   * @param {TimerHandler} work
   * @param {number} [delay]
   * @param {unknown[]} rest
   */
  const set = (work, delay = 0, ...rest) => {
    const own = delay > SPLIT_MS ? page.depth + 1 : page.depth;
    const id = page.later(() => {
      page.timers.delete(id);
      const before = page.depth;
      page.depth = own;
      try {
        if (typeof work === "function") work(...rest);
        else (0, eval)(work);
      } finally { page.depth = before; }
    }, delay);
    if (delay <= SHORT_MS && own <= DEPTH) page.timers.add(id);
    return id;
  };
  window.setTimeout = /** @type {typeof setTimeout} */ (set);
  window.clearTimeout = id => { page.timers.delete(id); cancel(id); };
}

/**
 * Counts the requests that the page has open.
 *
 * @param {PageWork} page
 */
function watchRequests(page) {
  const send = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function (...body) {
    page.requests += 1;
    this.addEventListener("loadend", () => { page.requests -= 1; }, { once: true });
    try { return send.apply(this, body); } catch (error) { page.requests -= 1; throw error; }
  };
  const fetched = window.fetch.bind(window);
  window.fetch = (...what) => {
    page.requests += 1;
    return fetched(...what).finally(() => { page.requests -= 1; });
  };
}

/**
 * Returns whether the page has something left to do.
 *
 * @param {PageWork} page
 * @returns {boolean}
 */
function isBusy(page) {
  return document.readyState !== "complete" || performance.now() - page.left < LEAVING_MS
    || page.requests > 0 || page.timers.size > 0
    || [...document.querySelectorAll("[aria-busy=true]")].some(part => part.checkVisibility());
}

/** Starts to watch what this document does, once; `whenSettled` and `isAsking` use it. */
export function watchDocument() {
  if (window.__clerkworkSettled) return;
  /** @type {PageWork} */
  const page = { timers: new Set(), requests: 0, depth: 0, left: -Infinity,
    later: window.setTimeout.bind(window) };
  watchLeaving(page);
  watchTimers(page);
  watchRequests(page);
  window.__clerkworkAsking = () => page.requests > 0;
  window.__clerkworkSettled = limit => new Promise(resolve => {
    const start = performance.now();
    let calm = 0;
    const look = () => {
      calm = isBusy(page) ? 0 : calm + 1;
      if (calm >= CALM) resolve(true);
      else if (performance.now() - start > limit) resolve(false);
      else page.later(look, calm ? 1 : 8);
    };
    look();
  });
}
