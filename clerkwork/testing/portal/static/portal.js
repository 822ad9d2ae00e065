"use strict";
// The order form. While something is still to be computed or to arrive, the form is aria-busy.
const LATE_MS = 60; // amounts and sums are computed a moment after the last key
const TYPING_MS = 80; // suppliers are asked for a moment after the last key

const form = document.querySelector("#order");
const problem = document.querySelector("#problem");
const rows = document.querySelector("#lines tbody");
const search = document.querySelector("#supplier-search");
const list = document.querySelector("#supplier-list");
const timers = new Map();
let pending = 0;

function busy(change) {
  pending += change;
  form.setAttribute("aria-busy", String(pending > 0));
}

function later(key, wait, work) {
  if (timers.has(key)) clearTimeout(timers.get(key));
  else busy(1);
  timers.set(key, setTimeout(async () => {
    timers.delete(key);
    try { await work(); } finally { busy(-1); }
  }, wait));
}

async function ask(path) {
  try {
    const answer = await fetch(path);
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    problem.hidden = true;
    return await answer.json();
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
    return null;
  }
}

// Decimal numbers as whole multiples of 10^-digits, because binary fractions lose cents.
function scaled(text, digits) {
  const match = /^(-?)(\d*)\.?(\d*)$/.exec(text.replaceAll(",", "").trim());
  if (!match) return 0n;
  const fraction = (match[3] + "0".repeat(digits)).slice(0, digits);
  const value = BigInt((match[2] || "0") + fraction);
  return match[1] ? -value : value;
}

function cents(value) {
  const text = String(value < 0n ? -value : value).padStart(3, "0");
  return `${value < 0n ? "-" : ""}${text.slice(0, -2)}.${text.slice(-2)}`;
}

function field(row, name) { return row.querySelector(`[name=${name}]`); }

function computeAmount(row) {
  const product = scaled(field(row, "quantity").value, 3) * scaled(field(row, "unit_price").value, 4);
  field(row, "amount").value = cents((product + 50000n) / 100000n);
  later("total", LATE_MS, computeTotal);
}

function computeTotal() {
  let sum = scaled(form.elements.tax.value, 2);
  for (const row of rows.children) sum += scaled(field(row, "amount").value, 2);
  form.elements.total.value = cents(sum);
}

function addLine() {
  rows.append(document.querySelector("#line").content.cloneNode(true));
}

rows.addEventListener("input", (event) => {
  const row = event.target.closest("tr");
  if (["quantity", "unit_price"].includes(event.target.name)) {
    later(row, LATE_MS, () => computeAmount(row));
  } else if (event.target.name === "amount") {
    later("total", LATE_MS, computeTotal);
  }
});
form.elements.tax.addEventListener("input", () => later("total", LATE_MS, computeTotal));
document.querySelector("#add-line").addEventListener("click", addLine);
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.tagName === "INPUT") event.preventDefault();
});

function show(names, query) {
  list.replaceChildren(...names.map((name) => {
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
  form.elements.supplier.value = "";
  later("supplier", TYPING_MS, async () => {
    const query = search.value;
    const names = await ask(`/api/suppliers?q=${encodeURIComponent(query)}`);
    if (names !== null && search.value === query) show(names, query);
  });
});
list.addEventListener("click", (event) => {
  const option = event.target.closest("[role=option]");
  if (!option) return;
  search.value = form.elements.supplier.value = option.textContent;
  show([], search.value);
});

addLine();
later("defaults", 0, async () => {
  const defaults = await ask("/api/defaults");
  if (defaults === null) return;
  form.elements.order_date.value = defaults.order_date;
  form.elements.currency.value = defaults.currency;
});
