// The console's one script. Each function is a shortcut for something that the page can do without it.
const root = document.documentElement;
root.dataset.theme = localStorage.getItem("theme") || "";

const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const typing = (node) => /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName) && node.type !== "checkbox";
let preloaded = {};
let prefix = "";

// Keys: elements carry their combination in data-key, which comes from the table in keys.py.
function combo(event) {
  const plain = event.altKey && /^(Key|Digit)/.test(event.code) ? event.code.slice(-1) : event.key;
  const shift = event.shiftKey && plain.length > 1 ? "Shift+" : "";
  return (event.ctrlKey || event.metaKey ? "Ctrl+" : "") + (event.altKey ? "Alt+" : "") + shift + plain;
}

function press(keys) {
  const scope = $("dialog[open]") || document;
  const target = $$(`[data-key="${CSS.escape(keys)}"]`, scope).find((node) => !node.closest("dialog:not([open])"));
  if (!target) return false;
  if (typing(target)) { target.focus(); target.select?.(); } else target.click();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing) return; // an input method is choosing characters
  let keys = combo(event);
  const bare = keys.length === 1;
  if (keys === "F1") keys = "?";
  else if (bare && typing(event.target)) return;
  if ($("dialog[open]")) { if (keys === "Ctrl+Enter" && press(keys)) event.preventDefault(); return; }
  if (fieldKey(event, keys) || rowKey(event, keys)) return event.preventDefault();
  if (bare && press(prefix + keys)) { prefix = ""; return event.preventDefault(); }
  prefix = bare && keys === "g" ? "g " : "";
  if ((!bare && press(keys))) event.preventDefault();
});

// Lists: j and k walk along the rows, Enter opens (the focused link does that by itself).
function rowKey(event, keys) {
  const rows = $$("[data-row] a:first-of-type").filter((link) => link.closest("td:first-child"));
  if (keys === "Escape" && event.target.type === "search") { event.target.blur(); rows[0]?.focus(); return true; }
  if (!rows.length || (keys !== "j" && keys !== "k")) return false;
  const at = rows.indexOf(document.activeElement);
  rows[Math.max(0, Math.min(rows.length - 1, at + (keys === "j" ? 1 : -1)))].focus();
  return true;
}

// Review: Enter goes to the next doubtful field, Alt+1..5 takes a candidate. In a long text, Enter
// begins a new line.
function fieldKey(event, keys) {
  const field = event.target;
  if (!field.dataset?.path) return false;
  const newLine = field.tagName === "TEXTAREA" && keys === "Enter";
  if (!newLine && (keys === "Enter" || keys === "Shift+Enter")) return walk(field, keys === "Enter" ? 1 : -1);
  if (keys === "Alt+D") { field.closest("[data-line]")?.querySelector("[data-remove]")?.click(); return true; }
  const digit = /^Alt\+([1-5])$/.exec(keys);
  if (digit) { candidates(field)[digit[1] - 1]?.click(); return true; }
  return false;
}

function candidates(field) {
  const notes = $(`[data-notes="${CSS.escape(field.dataset.path)}"]`);
  return notes ? $$("[data-candidate]", notes) : [];
}

function walk(field, by) {
  const all = $$("#answer [data-path]");
  const at = all.indexOf(field);
  const rest = by > 0 ? all.slice(at + 1) : all.slice(0, at).reverse();
  const next = rest.find((node) => "doubtful" in node.dataset);
  if (next) aim(next);
  else if (by > 0) $("[data-submit]")?.focus();
  return true;
}

// A single line is selected so that typing replaces it; in a long text, Enter would delete it.
function aim(field) {
  field.focus();
  if (field.tagName === "INPUT") field.select();
  field.scrollIntoView({ block: "nearest" });
}

// Puts a text into a field as a person would: a check box is ticked, a choice is selected.
function take(field, text) {
  if (field.type === "checkbox") field.checked = text === field.value;
  else if (field.tagName !== "SELECT") field.value = text;
  else {
    if (![...field.options].some((option) => option.value === text)) field.add(new Option(text, text));
    field.value = text;
  }
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function isChanged(field) {
  if (field.type === "checkbox") return field.checked !== field.defaultChecked;
  if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
  const first = [...field.options].findIndex((option) => option.defaultSelected);
  return field.selectedIndex !== Math.max(first, 0);
}

// Shows a typed date in the reader's own format; nothing while it is no date.
function showDate(field) {
  const place = field.closest(".date")?.querySelector("[data-date-of]");
  if (!place) return;
  const text = field.value.trim(), day = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00Z`) : null;
  const exists = day && !Number.isNaN(+day) && day.toISOString().startsWith(text);
  place.value = exists ? new Intl.DateTimeFormat(root.lang, { dateStyle: "full", timeZone: "UTC" }).format(day) : "";
}

function light(path) {
  $$("rect.lit").forEach((box) => box.classList.remove("lit"));
  const boxes = path ? $$(`rect[data-box="${CSS.escape(path)}"]`) : [];
  boxes.forEach((box) => box.classList.add("lit"));
  boxes[0]?.scrollIntoView({ block: "center", inline: "center" });
}

document.addEventListener("focusin", (event) => {
  if (event.target.dataset?.path) light(event.target.dataset.path);
});

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.dataset?.path) return;
  field.classList.toggle("changed", isChanged(field));
  showDate(field);
});

document.addEventListener("change", (event) => {
  if (event.target.closest("form[data-auto]")) event.target.form.requestSubmit();
  if (event.target.dataset.follow) follow();
});

const clicks = {
  "[data-theme-toggle]": () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    localStorage.setItem("theme", (root.dataset.theme = dark ? "light" : "dark"));
    if ($("#trend")) draw();
  },
  "[data-dialog]": (node) => { const box = document.getElementById(node.dataset.dialog); box.showModal(); $("textarea", box)?.focus(); },
  "[data-close]": (node) => node.closest("dialog").close(),
  "[data-box]": (node) => { const field = $(`#answer [data-path="${CSS.escape(node.dataset.box)}"]`); if (field) aim(field); },
  "[data-candidate]": (node) => {
    const field = $(`#answer [data-path="${CSS.escape(node.closest("[data-notes]").dataset.notes)}"]`);
    take(field, node.dataset.candidate);
    aim(field);
  },
  "[data-remove]": (node) => {
    const row = node.closest("tr"), notes = row.nextElementSibling, table = row.closest("table");
    if (notes?.classList.contains("line-notes")) notes.remove();
    row.remove();
    aim($("[data-path]", table) || $("[data-submit]"));
  },
  "[data-add]": (node) => {
    const part = node.closest(".table-part"), body = $("tbody", part);
    const index = Math.max(-1, ...$$("[data-line]", body).map((row) => +row.dataset.line)) + 1;
    body.insertAdjacentHTML("beforeend", $("template", part).innerHTML.replaceAll("{index}", index));
    aim($("[data-path]", body.lastElementChild));
  },
  "[data-pick]": (node) => {
    const calendar = node.nextElementSibling, field = $("[data-path]", node.closest(".date"));
    calendar.disabled = false;
    calendar.value = field.value;
    calendar.onchange = () => { take(field, calendar.value); aim(field); };
    calendar.showPicker();
  },
  "[data-zoom]": () => { $(".sheet").classList.toggle("zoomed"); light(document.activeElement.dataset?.path); },
  "[data-back]": (node) => {
    const row = $("#main").dataset.number;
    location.assign((sessionStorage.getItem("queue") || node.href) + `#review-${row}`);
  },
};
document.addEventListener("click", (event) => {
  for (const [selector, act] of Object.entries(clicks)) {
    const node = event.target.closest(selector);
    if (node) { event.preventDefault(); act(node); return; }
  }
});

// Words of the page: a click puts one into the focused field, Ctrl adds it, dragging takes several.
let drag;
document.addEventListener("pointerdown", (event) => {
  const sheet = event.button === 0 && event.target.closest("svg.words");
  if (!sheet || event.target.dataset.box) return;
  event.preventDefault();
  drag = { sheet, x: event.clientX, y: event.clientY, field: document.activeElement };
});
document.addEventListener("mousedown", (event) => { if (drag) event.preventDefault(); }); // keeps the focus
document.addEventListener("pointermove", (event) => { if (drag) mark(within(event)); });
document.addEventListener("pointerup", (event) => {
  if (!drag) return;
  const words = within(event), field = drag.field;
  mark([]);
  drag = null;
  if (words.length && field.dataset?.path && field.setSelectionRange && field.type !== "checkbox" && !field.readOnly) put(field, words, event.ctrlKey || event.metaKey);
});

function mark(words) { $$("rect.caught").forEach((word) => word.classList.remove("caught")); words.forEach((word) => word.classList.add("caught")); }

function within(event) {
  const [left, right] = [drag.x, event.clientX].sort((a, b) => a - b), [top, bottom] = [drag.y, event.clientY].sort((a, b) => a - b);
  return $$("rect[data-word]", drag.sheet).filter((word) => {
    const box = word.getBoundingClientRect();
    return box.left <= right && box.right >= left && box.top <= bottom && box.bottom >= top;
  });
}

function put(field, words, more) {
  const text = words.map((word, at) => (at && !("glued" in word.dataset) ? " " : "") + word.dataset.word).join("");
  const blank = more && field.value && !("glued" in words[0].dataset) ? " " : "";
  field.focus();
  if (more) field.setSelectionRange(field.value.length, field.value.length); else field.select();
  document.execCommand("insertText", false, blank + text); // unlike .value, it can be undone
}

// Submitting: the answer goes out, and the next review, preloaded with its pictures, comes in.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-swap]")) return;
  event.preventDefault();
  if (form.dataset.busy) return;
  form.dataset.busy = "1";
  try {
    const answer = await fetch(form.action, {
      method: "POST", headers: { "X-Console": "swap" }, body: new URLSearchParams(new FormData(form)),
    });
    const next = answer.headers.get("X-Next");
    if (!next) swap(await answer.text());
    else if (preloaded.url === next && preloaded.html) {
      history.pushState({}, "", next);
      swap(preloaded.html);
      fetch(`${next}/claim`, { method: "POST" });
    } else location.assign(next);
  } finally { delete form.dataset.busy; }
});
addEventListener("popstate", () => location.reload());

function swap(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const part of ["#main", ".top"]) $(part).replaceWith($(part, page));
  document.title = page.title;
  ready();
}

async function preload(url) {
  preloaded = { url };
  const html = await (await fetch(`${url}?peek=1`)).text();
  if (preloaded.url !== url) return;
  preloaded.html = html;
  $$("img", new DOMParser().parseFromString(html, "text/html")).forEach((img) => { new Image().src = img.getAttribute("src"); });
}

// Run: the log opens at its end; only the visible tab holds a connection.
let source;
function follow() {
  const box = $("[data-follow]"), log = $("#log");
  source?.close();
  if (!box?.checked || document.hidden) return;
  source = new EventSource(box.dataset.follow);
  source.onmessage = (event) => {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    log.insertAdjacentHTML("beforeend", JSON.parse(event.data));
    box.dataset.follow = box.dataset.follow.replace(/after=\d+/, `after=${event.lastEventId}`);
    if (atEnd) log.scrollTop = log.scrollHeight;
  };
  source.addEventListener("end", () => { source.close(); location.reload(); });
}
document.addEventListener("visibilitychange", follow);

// Metrics: the chart draws the table of values below it.
function draw() {
  const place = $("#trend"), style = getComputedStyle(document.body);
  const rows = $$("#days tbody tr").map((row) => row.dataset);
  const color = (name) => { const probe = document.createElement("i"); probe.style.color = `var(${name})`; place.append(probe); const found = getComputedStyle(probe).color; probe.remove(); return found; };
  const column = (name) => rows.map((row) => (row[name] === "" ? null : +row[name]));
  place.replaceChildren();
  const axis = { stroke: color("--quiet"), grid: { stroke: color("--rule"), width: 1 }, ticks: { stroke: color("--rule"), width: 1 }, font: `12px ${style.fontFamily}` };
  const percent = (_, value) => (value == null ? "–" : value.toFixed(1));
  new uPlot({
    width: place.clientWidth, height: 240, tzDate: (at) => uPlot.tzDate(new Date(at * 1e3), "Etc/UTC"),
    scales: { y: { range: [0, 100] } },
    axes: [{ ...axis, values: (_, at) => at.map((value) => new Date(value * 1e3).toISOString().slice(5, 10)), incrs: [1, 2, 7, 14, 30, 90].map((days) => days * 86400) }, { ...axis, size: 46 }],
    series: [
      { value: (_, at) => (at == null ? "–" : new Date(at * 1e3).toISOString().slice(0, 10)), label: $("#days th").textContent },
      { label: place.dataset.rate, stroke: color("--bar"), fill: color("--accent-ground"), width: 2, value: percent, points: { show: rows.length < 32 } },
      { label: place.dataset.sent, stroke: color("--warn"), width: 2, value: percent, points: { show: rows.length < 32 } },
    ],
  }, [rows.map((row) => Date.parse(row.day) / 1e3), column("rate"), column("sent")], place);
}

function ready() {
  const main = $("#main");
  if (location.pathname === "/queue") {
    sessionStorage.setItem("queue", location.pathname + location.search);
    const row = location.hash && document.getElementById(location.hash.slice(1));
    const focus = () => (row ? $("a", row) : $("[data-row] a"))?.focus();
    focus();
    if (row) addEventListener("load", () => requestAnimationFrame(focus)); // after the jump to #
  } else $("[data-row] a")?.focus({ preventScroll: true });
  const first = $("#answer [aria-invalid]") || $("#answer [data-doubtful]") || $("#answer [data-path]");
  $$("[data-path]").forEach(showDate);
  if (first && main.dataset.claim) requestAnimationFrame(() => { if (!document.activeElement.dataset.path) aim(first); light(document.activeElement.dataset.path); });
  if (main.dataset.next) setTimeout(() => preload(main.dataset.next), 30);
  const log = $("[data-tail]");
  if (log) log.scrollTop = log.scrollHeight;
  follow();
  if ($("#trend")) draw();
}
addEventListener("DOMContentLoaded", ready);
setInterval(() => { const claim = $("#main")?.dataset.claim; if (claim && !document.hidden) fetch(claim, { method: "POST" }); }, 240000);
