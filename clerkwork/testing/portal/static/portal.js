"use strict";
// The order form. While something is still to be computed or to arrive, the form is aria-busy.
const LATE_MS = 60; // amounts and sums are computed a moment after the last key
const TYPING_MS = 80; // suppliers are asked for a moment after the last key

/**
 * Returns the only element of the page that matches.
 *
 * @template {Element} Kind
 * @param {string} selector
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
function only(selector, kind) {
  const found = document.querySelector(selector);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${selector}`);
}

const form = only("#order", HTMLFormElement);
const problem = only("#problem", HTMLElement);
const rows = only("#lines tbody", HTMLElement);
const search = only("#supplier-search", HTMLInputElement);
const list = only("#supplier-list", HTMLElement);
const line = only("#line", HTMLTemplateElement);
/** @type {Map<unknown, number>} */
const timers = new Map();
let pending = 0;

/** Counts what is still to come. @param {number} change */
function busy(change) {
  pending += change;
  form.setAttribute("aria-busy", String(pending > 0));
}

/**
 * Does some work after a wait, which starts again with each call for the same key.
 *
 * @param {unknown} key
 * @param {number} wait In milliseconds.
 * @param {() => unknown} work
 */
function later(key, wait, work) {
  if (timers.has(key)) clearTimeout(timers.get(key));
  else busy(1);
  timers.set(key, setTimeout(async () => {
    timers.delete(key);
    try { await work(); } finally { busy(-1); }
  }, wait));
}

/** Returns the server's answer, or null with the problem shown. @param {string} path */
async function ask(path) {
  try {
    const answer = await fetch(path);
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    problem.hidden = true;
    return await answer.json();
  } catch (error) {
    problem.textContent = error instanceof Error ? error.message : String(error);
    problem.hidden = false;
    return null;
  }
}

/**
 * Returns a decimal number as a whole multiple of 10^-digits, because binary fractions lose cents.
 *
 * @param {string} text
 * @param {number} digits
 */
function scaled(text, digits) {
  const match = /^(-?)(\d*)\.?(\d*)$/.exec(text.replaceAll(",", "").trim());
  if (!match) return 0n;
  const fraction = (match[3] + "0".repeat(digits)).slice(0, digits);
  const value = BigInt((match[2] || "0") + fraction);
  return match[1] ? -value : value;
}

/** Returns an amount in cents as a decimal number. @param {bigint} value */
function cents(value) {
  const text = String(value < 0n ? -value : value).padStart(3, "0");
  return `${value < 0n ? "-" : ""}${text.slice(0, -2)}.${text.slice(-2)}`;
}

/** Returns a field of the form's head or sums. @param {string} name */
function headField(name) {
  return /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
}

/** Returns a field of a line. @param {Element} row @param {string} name */
function lineField(row, name) {
  return /** @type {HTMLInputElement} */ (row.querySelector(`[name=${name}]`));
}

/** Computes the amount of a line. @param {Element} row */
function computeAmount(row) {
  const quantity = scaled(lineField(row, "quantity").value, 3);
  const product = quantity * scaled(lineField(row, "unit_price").value, 4);
  lineField(row, "amount").value = cents((product + 50000n) / 100000n);
  later("total", LATE_MS, computeTotal);
}

/** Computes the total of all lines and the tax. */
function computeTotal() {
  let sum = scaled(headField("tax").value, 2);
  for (const row of rows.children) sum += scaled(lineField(row, "amount").value, 2);
  headField("total").value = cents(sum);
}

/** Adds an empty line. */
function addLine() {
  rows.append(line.content.cloneNode(true));
}

rows.addEventListener("input", event => {
  const field = /** @type {HTMLInputElement} */ (event.target), row = field.closest("tr");
  if (row && ["quantity", "unit_price"].includes(field.name)) {
    later(row, LATE_MS, () => computeAmount(row));
  } else if (field.name === "amount") {
    later("total", LATE_MS, computeTotal);
  }
});
headField("tax").addEventListener("input", () => later("total", LATE_MS, computeTotal));
only("#add-line", HTMLElement).addEventListener("click", addLine);
form.addEventListener("keydown", event => {
  if (event.key === "Enter" && event.target instanceof HTMLInputElement) event.preventDefault();
});

/** Shows the suppliers that a query found. @param {string[]} names @param {string} query */
function show(names, query) {
  list.replaceChildren(...names.map(name => {
    const option = document.createElement("li");
    option.setAttribute("role", "option");
    option.textContent = name;
    return option;
  }));
  list.dataset.query = query;
  list.hidden = names.length === 0;
  search.setAttribute("aria-expanded", String(names.length > 0));
}

search.addEventListener("input", () => {
  headField("supplier").value = "";
  later("supplier", TYPING_MS, async () => {
    const query = search.value;
    const names = await ask(`/api/suppliers?q=${encodeURIComponent(query)}`);
    if (names !== null && search.value === query) show(names, query);
  });
});
list.addEventListener("click", event => {
  const option = /** @type {Element} */ (event.target).closest("[role=option]");
  if (!option) return;
  search.value = headField("supplier").value = option.textContent;
  show([], search.value);
});

addLine();
later("defaults", 0, async () => {
  const defaults = await ask("/api/defaults");
  if (defaults === null) return;
  headField("order_date").value = defaults.order_date;
  headField("currency").value = defaults.currency;
});
