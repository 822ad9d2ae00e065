// The script of every page. Each function is a shortcut for something the page can do without it.
// `review.js` is loaded after it and uses its functions.

/**
 * An element of the page. Most of them are fields, so all are typed as one.
 *
 * @typedef {HTMLInputElement} Part
 */

const root = document.documentElement;
root.dataset.theme = localStorage.getItem("theme") || "";

/**
 * Returns the first element that matches, or null.
 *
 * @type {(selector: string, within?: ParentNode) => Part | null}
 */
const $ = (selector, within = document) => within.querySelector(selector);

/**
 * Returns all elements that match.
 *
 * @type {(selector: string, within?: ParentNode) => Part[]}
 */
const $$ = (selector, within = document) => [
  .../** @type {NodeListOf<Part>} */ (within.querySelectorAll(selector))];

/** Returns the element that an event is about. @param {Event} event */
const targetOf = event => /** @type {Part} */ (event.target);

/** Returns the element with the focus. */
const focused = () => /** @type {Part | null} */ (document.activeElement);

/** Returns whether keys that are pressed in an element are text. @param {Part} node */
const isTyping = node => /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName) && node.type !== "checkbox";

/** Returns an attribute selector for a value. @param {string} name @param {string} value */
const having = (name, value) => `[${name}="${CSS.escape(value)}"]`;

let prefix = "";

// Keys: elements carry their combination in data-key, which comes from the table in keys.py.

/** Returns the combination of keys that was pressed. @param {KeyboardEvent} event */
function combination(event) {
  const plain = event.altKey && /^(Key|Digit)/.test(event.code) ? event.code.slice(-1) : event.key;
  const shift = event.shiftKey && plain.length > 1 ? "Shift+" : "";
  const control = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  return control + (event.altKey ? "Alt+" : "") + shift + plain;
}

/** Clicks or focuses what some keys mean; returns whether there is such. @param {string} keys */
function press(keys) {
  const target = $$(having("data-key", keys), $("dialog[open]") || document)
    .find(node => !node.closest("dialog:not([open])"));
  if (!target) return false;
  if (isTyping(target)) {
    target.focus();
    target.select?.();
  } else target.click();
  return true;
}

/**
 * Does what the keys of an event mean; returns whether they mean something.
 *
 * @param {KeyboardEvent} event
 */
function obey(event) {
  const pressed = combination(event), bare = pressed.length === 1;
  const keys = pressed === "F1" ? "?" : pressed;
  if (bare && isTyping(targetOf(event))) return false;
  if ($("dialog[open]")) return keys === "Ctrl+Enter" && press(keys);
  if (fieldKey(targetOf(event), keys) || rowKey(targetOf(event), keys)) return true;
  if (bare && press(prefix + keys)) {
    prefix = "";
    return true;
  }
  prefix = bare && keys === "g" ? "g " : "";
  return !bare && press(keys);
}

document.addEventListener("keydown", event => {
  if (event.isComposing) return; // an input method is choosing characters
  if (obey(event)) event.preventDefault();
});

/**
 * Lists: j and k go along the rows; Enter opens, because the row's link has the focus.
 *
 * @param {Part} node
 * @param {string} keys
 */
function rowKey(node, keys) {
  const rows = $$("[data-row] a:first-of-type").filter(link => link.closest("td:first-child"));
  if (keys === "Escape" && node.type === "search") {
    node.blur();
    rows[0]?.focus();
    return true;
  }
  if (!rows.length || (keys !== "j" && keys !== "k")) return false;
  const at = rows.findIndex(row => row === document.activeElement);
  rows[Math.max(0, Math.min(rows.length - 1, at + (keys === "j" ? 1 : -1)))].focus();
  return true;
}

document.addEventListener("change", event => {
  const field = targetOf(event);
  if (field.closest("form[data-auto]")) field.form?.requestSubmit();
  if (field.dataset.follow) follow();
});

/** Changes between light and dark. */
function toggleTheme() {
  const dark = root.dataset.theme ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  localStorage.setItem("theme", (root.dataset.theme = dark ? "light" : "dark"));
  if ($("#trend")) draw();
}

/**
 * What a click on an element does.
 *
 * @type {Record<string, (node: Part) => void>}
 */
const clicks = {
  "[data-theme-toggle]": toggleTheme,
  "[data-dialog]": node => {
    const box = document.getElementById(node.dataset.dialog ?? "");
    if (!(box instanceof HTMLDialogElement)) return;
    box.showModal();
    $("textarea", box)?.focus();
  },
  "[data-close]": node => node.closest("dialog")?.close(),
  "[data-back]": node => {
    const list = sessionStorage.getItem("queue") || node.getAttribute("href") || "";
    location.assign(`${list}#review-${$("#main")?.dataset.number}`);
  },
};
document.addEventListener("click", event => {
  for (const [selector, act] of Object.entries(clicks)) {
    const node = /** @type {Part | null} */ (targetOf(event).closest(selector));
    if (!node) continue;
    event.preventDefault();
    act(node);
    return;
  }
});

/** The stream of the run's log. @type {EventSource | undefined} */
let source;

/** Run: the log opens at its end; only the visible tab has a connection. */
function follow() {
  const box = $("[data-follow]"), log = $("#log");
  source?.close();
  if (!box?.checked || !log || document.hidden) return;
  const stream = source = new EventSource(box.dataset.follow ?? "");
  stream.onmessage = event => {
    const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    log.insertAdjacentHTML("beforeend", JSON.parse(event.data));
    box.dataset.follow = box.dataset.follow?.replace(/after=\d+/, `after=${event.lastEventId}`);
    if (isAtEnd) log.scrollTop = log.scrollHeight;
  };
  stream.addEventListener("end", () => {
    stream.close();
    location.reload();
  });
}
document.addEventListener("visibilitychange", follow);

/** Returns what a colour of the style sheet is now. @param {string} name @param {Element} place */
function colorOf(name, place) {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  place.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** Metrics: draws the table of values that is below the chart. */
function draw() {
  const place = $("#trend");
  if (!place) return;
  const rows = $$("#days tbody tr").map(row => row.dataset);
  place.replaceChildren();
  const color = (/** @type {string} */ name) => colorOf(name, place);
  const column = (/** @type {string} */ name) => (
    rows.map(row => row[name] === "" ? null : Number(row[name])));
  const rule = { stroke: color("--rule"), width: 1 };
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: color("--quiet"), grid: rule, ticks: rule, font };
  const day = (/** @type {number} */ at) => new Date(at * 1e3).toISOString().slice(0, 10);
  /** @type {(chart: unknown, value: number | null) => string} */
  const percent = (_, value) => value == null ? "–" : value.toFixed(1);
  const line = { width: 2, value: percent, points: { show: rows.length < 32 } };
  new uPlot({
    width: place.clientWidth, height: 240,
    tzDate: at => uPlot.tzDate(new Date(at * 1e3), "Etc/UTC"),
    scales: { y: { range: [0, 100] } },
    axes: [
      { ...axis, values: (_, at) => at.map(value => day(value).slice(5)),
        incrs: [1, 2, 7, 14, 30, 90].map(days => days * 86400) },
      { ...axis, size: 46 },
    ],
    series: [
      { value: (_, at) => at == null ? "–" : day(at), label: $("#days th")?.textContent },
      { ...line, label: place.dataset.rate, stroke: color("--bar"),
        fill: color("--accent-ground") },
      { ...line, label: place.dataset.sent, stroke: color("--warn") },
    ],
  }, [rows.map(row => Date.parse(row.day ?? "") / 1e3), column("rate"), column("sent")], place);
}

/** Focuses what is worked on first in a list. */
function focusList() {
  if (location.pathname !== "/queue") {
    $("[data-row] a")?.focus({ preventScroll: true });
    return;
  }
  sessionStorage.setItem("queue", location.pathname + location.search);
  const row = location.hash && document.getElementById(location.hash.slice(1));
  const focus = () => (row ? $("a", row) : $("[data-row] a"))?.focus();
  focus();
  if (row) addEventListener("load", () => requestAnimationFrame(focus)); // after the jump to #
}

/** Gets a page ready that was loaded or swapped in. */
function ready() {
  const log = $("[data-tail]");
  focusList();
  readyReview();
  if (log) log.scrollTop = log.scrollHeight;
  follow();
  if ($("#trend")) draw();
}
addEventListener("DOMContentLoaded", ready);
setInterval(() => {
  const claim = $("#main")?.dataset.claim;
  if (claim && !document.hidden) fetch(claim, { method: "POST" });
}, 240000);
