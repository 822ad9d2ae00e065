// Knows whether the page is at work: open requests, short timers that are due, aria-busy, loading.
// Runs before every document's own scripts; a page that keeps a timer going for ever is not waited
// for: a timer that was set by a timer that was set by a timer ... counts to a depth only, but for
// those without a delay, by which libraries split what they are at.
(() => {
  if (window.__clerkworkSettled) return;
  const SHORT_MS = 1000, SPLIT_MS = 10, DEPTH = 4, CALM = 3;
  const LEAVING_MS = 10000;  // what was left for a download or a mail stays after all
  const later = window.setTimeout.bind(window), cancel = window.clearTimeout.bind(window);
  const timers = new Set();
  let requests = 0, depth = 0, left = -Infinity;
  window.addEventListener("beforeunload", () => { left = performance.now(); });
  window.addEventListener("submit", event => {  // which leads to a page that is not asked for yet
    const says = name => event.submitter?.getAttribute(`form${name}`)
      || event.target.getAttribute(name) || "";  // a field of the form may bear the same name
    if (event.defaultPrevented || says("method") === "dialog") return;
    if (!/^(_self)?$/.test(says("target"))) return;
    const before = left;
    left = performance.now();
    later(() => { if (event.defaultPrevented) left = before; }, 0);
  });
  window.setTimeout = (work, delay = 0, ...rest) => {
    const own = delay > SPLIT_MS ? depth + 1 : depth;
    const id = later(() => {
      timers.delete(id);
      const before = depth;
      depth = own;
      try { typeof work === "function" ? work(...rest) : (0, eval)(work); } finally { depth = before; }
    }, delay);
    if (delay <= SHORT_MS && own <= DEPTH) timers.add(id);
    return id;
  };
  window.clearTimeout = id => { timers.delete(id); cancel(id); };
  const send = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function (...body) {
    requests += 1;
    this.addEventListener("loadend", () => { requests -= 1; }, {once: true});
    try { return send.apply(this, body); } catch (error) { requests -= 1; throw error; }
  };
  const fetched = window.fetch.bind(window);
  window.fetch = (...what) => {
    requests += 1;
    return fetched(...what).finally(() => { requests -= 1; });
  };
  const busy = () => document.readyState !== "complete" || performance.now() - left < LEAVING_MS
    || requests > 0 || timers.size > 0
    || [...document.querySelectorAll("[aria-busy=true]")].some(part => part.checkVisibility());
  window.__clerkworkAsking = () => requests > 0;
  window.__clerkworkSettled = limit => new Promise(resolve => {
    const start = performance.now();
    let calm = 0;
    const look = () => {
      calm = busy() ? 0 : calm + 1;
      if (calm >= CALM) resolve(true);
      else if (performance.now() - start > limit) resolve(false);
      else later(look, calm ? 1 : 8);
    };
    look();
  });
})();
