// Reviews: going through the doubtful fields, taking words from the picture, submitting.
// It uses functions of `console.js`, which is loaded before it.

/** The next review, fetched in advance. @type {{url?: string, html?: string}} */
let preloaded = {};

/**
 * Does what keys mean in a field: Enter goes to the next doubtful field, Alt+1..5 takes a
 * candidate, Alt+D removes a line. In a long text, Enter begins a new line.
 *
 * @param {Part} field
 * @param {string} keys
 */
function fieldKey(field, keys) {
  if (!field.dataset?.path) return false;
  const newLine = field.tagName === "TEXTAREA" && keys === "Enter";
  if (!newLine && /^(Shift\+)?Enter$/.test(keys)) return walk(field, keys === "Enter" ? 1 : -1);
  if (keys === "Alt+D") {
    const line = field.closest("[data-line]");
    if (line) $("[data-remove]", line)?.click();
    return true;
  }
  const digit = /^Alt\+([1-5])$/.exec(keys);
  if (!digit) return false;
  const notes = $(having("data-notes", field.dataset.path));
  if (notes) $$("[data-candidate]", notes)[Number(digit[1]) - 1]?.click();
  return true;
}

/**
 * Focuses the next doubtful field, or after the last one the button that submits.
 *
 * @param {Part} field
 * @param {number} by Forwards 1, backwards -1.
 */
function walk(field, by) {
  const all = $$("#answer [data-path]"), at = all.indexOf(field);
  const rest = by > 0 ? all.slice(at + 1) : all.slice(0, at).reverse();
  const next = rest.find(node => "doubtful" in node.dataset);
  if (next) aim(next);
  else if (by > 0) $("[data-submit]")?.focus();
  return true;
}

/**
 * Focuses a field. A single line is selected, so that typing replaces it; in a long text, Enter
 * would delete it.
 *
 * @param {Part} field
 */
function aim(field) {
  field.focus();
  if (field.tagName === "INPUT") field.select();
  field.scrollIntoView({ block: "nearest" });
}

/** Returns the field of the answer with a path. @param {string | undefined} path */
const fieldOf = path => $(`#answer ${having("data-path", path ?? "")}`);

/**
 * Puts a text into a field as a person would: a check box is ticked, a choice is selected.
 *
 * @param {Part | HTMLSelectElement} field
 * @param {string} text
 */
function take(field, text) {
  if (field instanceof HTMLSelectElement) {
    const isOffered = [...field.options].some(option => option.value === text);
    if (!isOffered) field.add(new Option(text, text));
    field.value = text;
  } else if (field.type === "checkbox") field.checked = text === field.value;
  else field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Returns whether a person has changed a field. @param {Part | HTMLSelectElement} field */
function isChanged(field) {
  if (field instanceof HTMLSelectElement) {
    const first = [...field.options].findIndex(option => option.defaultSelected);
    return field.selectedIndex !== Math.max(first, 0);
  }
  if (field.type === "checkbox") return field.checked !== field.defaultChecked;
  return field.value !== field.defaultValue;
}

/** Shows a typed date in the language of the page; nothing if it is none. @param {Part} field */
function showDate(field) {
  const date = field.closest(".date"), place = date && $("[data-date-of]", date);
  if (!place) return;
  const text = field.value.trim();
  const day = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00Z`) : null;
  const exists = day && !Number.isNaN(Number(day)) && day.toISOString().startsWith(text);
  const format = new Intl.DateTimeFormat(root.lang, { dateStyle: "full", timeZone: "UTC" });
  place.value = exists ? format.format(day) : "";
}

/** Marks the boxes of a field on the picture of its page. @param {string | undefined} path */
function light(path) {
  $$("rect.lit").forEach(box => box.classList.remove("lit"));
  const boxes = path ? $$(`rect${having("data-box", path)}`) : [];
  boxes.forEach(box => box.classList.add("lit"));
  boxes[0]?.scrollIntoView({ block: "center", inline: "center" });
}

document.addEventListener("focusin", event => {
  const { path } = targetOf(event).dataset ?? {};
  if (path) light(path);
});

document.addEventListener("input", event => {
  const field = targetOf(event);
  if (!field.dataset?.path) return;
  field.classList.toggle("changed", isChanged(field));
  showDate(field);
});

/** Takes a candidate as the value of its field. @param {Part} node */
function takeCandidate(node) {
  const notes = /** @type {Part | null} */ (node.closest("[data-notes]"));
  const field = fieldOf(notes?.dataset.notes);
  if (!field) return;
  take(field, node.dataset.candidate ?? "");
  aim(field);
}

/** Removes the line of a table with its notes. @param {Part} node */
function removeLine(node) {
  const row = node.closest("tr"), table = row?.closest("table");
  if (!row || !table) return;
  const notes = row.nextElementSibling;
  if (notes?.classList.contains("line-notes")) notes.remove();
  row.remove();
  const next = $("[data-path]", table) || $("[data-submit]");
  if (next) aim(next);
}

/** Adds a line to a table. @param {Part} node */
function addLine(node) {
  const part = node.closest(".table-part"), body = part && $("tbody", part);
  if (!body) return;
  const lines = $$("[data-line]", body).map(row => Number(row.dataset.line));
  const text = $("template", part)?.innerHTML ?? "";
  body.insertAdjacentHTML("beforeend",
    text.replaceAll("{index}", String(Math.max(-1, ...lines) + 1)));
  const field = body.lastElementChild && $("[data-path]", body.lastElementChild);
  if (field) aim(field);
}

/** Opens the browser's calendar for a date. @param {Part} node The button next to it. */
function pickDate(node) {
  const calendar = /** @type {Part | null} */ (node.nextElementSibling);
  const date = node.closest(".date"), field = date && $("[data-path]", date);
  if (!calendar || !field) return;
  calendar.disabled = false;
  calendar.value = field.value;
  calendar.onchange = () => {
    take(field, calendar.value);
    aim(field);
  };
  calendar.showPicker();
}

Object.assign(clicks, {
  /** @param {Part} node */
  "[data-box]": node => {
    const field = fieldOf(node.dataset.box);
    if (field) aim(field);
  },
  "[data-candidate]": takeCandidate,
  "[data-remove]": removeLine,
  "[data-add]": addLine,
  "[data-pick]": pickDate,
  "[data-zoom]": () => {
    $(".sheet")?.classList.toggle("zoomed");
    light(focused()?.dataset?.path);
  },
});

// Words of the page: a click puts one into the focused field, Ctrl adds it, dragging takes several.

/** @type {{sheet: Element, x: number, y: number, field: Part | null} | null} */
let drag = null;
document.addEventListener("pointerdown", event => {
  const sheet = event.button === 0 && targetOf(event).closest("svg.words");
  if (!sheet || targetOf(event).dataset.box) return;
  event.preventDefault();
  drag = { sheet, x: event.clientX, y: event.clientY, field: focused() };
});
document.addEventListener("mousedown", event => {
  if (drag) event.preventDefault(); // keeps the focus
});
document.addEventListener("pointermove", event => mark(caught(event)));
document.addEventListener("pointerup", event => {
  if (!drag) return;
  const words = caught(event), { field } = drag;
  mark([]);
  drag = null;
  if (!words.length || !field?.dataset?.path || field.readOnly) return;
  if (!("setSelectionRange" in field) || field.type === "checkbox") return;
  put(field, words, event.ctrlKey || event.metaKey);
});

/** Marks words. @param {Part[]} words */
function mark(words) {
  $$("rect.caught").forEach(word => word.classList.remove("caught"));
  words.forEach(word => word.classList.add("caught"));
}

/** Returns the words between the start of a drag and an event. @param {PointerEvent} event */
function caught(event) {
  if (!drag) return [];
  const [left, right] = [drag.x, event.clientX].sort((a, b) => a - b);
  const [top, bottom] = [drag.y, event.clientY].sort((a, b) => a - b);
  return $$("rect[data-word]", drag.sheet).filter(word => {
    const box = word.getBoundingClientRect();
    return box.left <= right && box.right >= left && box.top <= bottom && box.bottom >= top;
  });
}

/**
 * Puts words into a field.
 *
 * @param {Part} field
 * @param {Part[]} words
 * @param {boolean} more Whether they are added to its value; else they replace it.
 */
function put(field, words, more) {
  const isGlued = (/** @type {Part} */ word) => "glued" in word.dataset;
  const text = words.map((word, at) => (at && !isGlued(word) ? " " : "") + word.dataset.word);
  const blank = more && field.value && !isGlued(words[0]) ? " " : "";
  field.focus();
  if (more) field.setSelectionRange(field.value.length, field.value.length);
  else field.select();
  // Unlike an assignment to .value, this can be undone.
  document.execCommand("insertText", false, blank + text.join(""));
}

// Submitting: the answer is sent, and the next review, fetched in advance, is shown.

/** Sends the answer of a form and shows what comes next. @param {HTMLFormElement} form */
async function send(form) {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form)) body.append(name, String(value));
  const headers = { "X-Console": "swap" };
  const answer = await fetch(form.action, { method: "POST", headers, body });
  const next = answer.headers.get("X-Next");
  if (!next) swap(await answer.text());
  else if (preloaded.url === next && preloaded.html) {
    history.pushState({}, "", next);
    swap(preloaded.html);
    fetch(`${next}/claim`, { method: "POST" });
  } else location.assign(next);
}

document.addEventListener("submit", async event => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.matches("[data-swap]")) return;
  event.preventDefault();
  if (form.dataset.busy) return;
  form.dataset.busy = "1";
  try { await send(form); } finally { delete form.dataset.busy; }
});
addEventListener("popstate", () => location.reload());

/** Shows another page in place of this one. @param {string} html */
function swap(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const name of ["#main", ".top"]) {
    const part = $(name, page);
    if (part) $(name)?.replaceWith(part);
  }
  document.title = page.title;
  ready();
}

/** Fetches a review and its pictures in advance. @param {string} url */
async function preload(url) {
  preloaded = { url };
  const html = await (await fetch(`${url}?peek=1`)).text();
  if (preloaded.url !== url) return;
  preloaded.html = html;
  for (const image of $$("img", new DOMParser().parseFromString(html, "text/html"))) {
    new Image().src = image.getAttribute("src") ?? "";
  }
}

/** Focuses the first field of a review and fetches the next review. */
function readyReview() {
  const main = $("#main");
  const first = $("#answer [aria-invalid]") || $("#answer [data-doubtful]")
    || $("#answer [data-path]");
  $$("[data-path]").forEach(showDate);
  if (first && main?.dataset.claim) {
    requestAnimationFrame(() => {
      if (!focused()?.dataset.path) aim(first);
      light(focused()?.dataset.path);
    });
  }
  const next = main?.dataset.next;
  if (next) setTimeout(() => preload(next), 30);
}
