// Describes every field (or button) of one frame, open shadow roots included, by what a person
// sees: its label, the words beside it, its column's header, and by its attributes.
// Returns plain data; the elements are kept for the next call under the same place in the list.
({kind, words, again}) => {
  const FIELDS = `input:not([type=hidden], [type=submit], [type=button], [type=image],
    [type=reset]), select, textarea, [contenteditable=""], [contenteditable=true],
    [contenteditable=plaintext-only], [role=textbox], [role=searchbox], [role=combobox],
    [role=spinbutton], [role=checkbox], [role=radio], [role=switch], [role=listbox],
    [role=slider], [aria-haspopup=listbox]`;
  const BUTTONS = `button, a[href], summary, input[type=submit], input[type=button],
    input[type=image], [role=button], [role=link], [role=menuitem], [role=tab], [onclick]`;
  const MUTE = new Set(["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "OPTION", "TEXTAREA", "SELECT",
    "TITLE", "HEAD"]);
  const FEW = 4;
  const SHUT = ":disabled, [aria-disabled=true], [aria-readonly=true]";
  const GRID = "table, [role=grid], [role=table]", LINE = "tr, [role=row]";
  const HEADING = "h1, h2, h3, h4, h5, h6, legend, [role=heading]";
  const SAYS = /[\p{L}\p{N}]/u;
  const squeeze = text => (text || "").replace(/\s+/g, " ").trim();
  const {up, seen, cover, restore, rewind} = visible();

  if (kind === "button") {
    const KEY = "(?:[a-z⌘⌥⇧]+ ?[+-] ?)*(?:f[0-9]{1,2}|enter|esc|[a-z0-9])";
    const shortcut = new RegExp(`[([【]${KEY}[)\\]】]`, "g");
    const whole = text => squeeze(text.normalize("NFKC").toLowerCase());
    const fold = text => {  // its letters and figures: no signs, no shortcut in brackets
      const bare = whole(text).replace(shortcut, " ");
      const said = squeeze((bare.trim() ? bare : whole(text)).replace(/[^\p{L}\p{N}\p{M}\s%#&/.-]/gu, " "))
        .replace(/^[\s./-]+|[\s./-]+$/g, "").replace(/(?<=\p{Script=Han}) (?=\p{Script=Han})/gu, "");
      return said || whole(text);  // a button may bear nothing but a sign
    };
    const wanted = words.map(fold), verbatim = words.map(whole);
    const hits = [];
    const name = element => squeeze(element.getAttribute("aria-label") || element.innerText
      || element.value || element.title || element.alt);
    const look = root => {
      for (const element of root.querySelectorAll("*")) {
        if (element.shadowRoot) look(element.shadowRoot);
        const plain = element.children.length === 0 && !element.matches("input, option, label");
        if (!element.matches(BUTTONS) && !plain) continue;
        if (!wanted.includes(fold(name(element))) || !seen(element)) continue;
        const strong = element.matches(BUTTONS) || Boolean(element.closest(BUTTONS));
        const pointed = getComputedStyle(element).cursor === "pointer";
        if (!strong && !pointed) continue;
        const real = element.closest(BUTTONS) || element;
        if (hits.some(hit => hit.element === real)) continue;
        const word = wanted.indexOf(fold(name(real)));
        hits.push({element: real, label: name(real), word, exact: verbatim[word] === whole(name(real)),
          covered: cover(real), blocked: Boolean(real.disabled)});
      }
    };
    look(document);
    restore();
    window.__clerkworkFound = hits.map(hit => hit.element);
    return hits.map(({element, ...facts}) => facts);
  }

  if (kind === "lines") {  // how many lines the grid has that one of the words stands over
    const fold = text => squeeze(text).toLowerCase().replace(/[:：*\s]+$/, "");
    return Math.max(0, ...[...document.querySelectorAll(GRID)]
      .filter(grid => [...grid.querySelectorAll("th, [role=columnheader]")]
        .some(head => words.includes(fold(head.innerText))))
      .map(grid => [...grid.querySelectorAll(LINE)].filter(
        line => [...line.querySelectorAll(FIELDS)].some(seen)).length));
  }

  if (!again && rewind()) return null;  // the fields that it took out of the page come back soon

  const over = (() => {  // the texts of the headings that speak for this frame where it stands
    try { return frameElement?.__clerkworkOver || []; } catch { return []; }  // of another origin
  })();

  // One walk in the order of the document: fields, buttons and runs of visible text.
  const found = [], texts = [];
  let run = null, headings = [];  // of the page, each with the element it speaks for
  const nested = element => found.length
    && found.at(-1).element.contains(element) && found.at(-1).element !== element;
  const holds = box => Boolean(box.querySelector(`${FIELDS}, iframe`))
    || [...box.querySelectorAll("*")].some(part => part.shadowRoot);
  const scope = heading => {  // the smallest box of a heading that holds fields as well
    const section = heading.closest("section, article, aside, nav, dialog, [role=dialog]");
    if (section && !holds(section)) return null;  // it has no fields to speak for
    let box = up(heading);
    while (box && !box.querySelector(FIELDS) && up(box)) box = up(box);
    return box;
  };
  const within = element => {  // the headings that speak for an element, the nearest last
    const boxes = new Set();
    for (let part = element; part; part = up(part)) boxes.add(part);
    return headings.filter(one => boxes.has(one.scope));
  };
  const read = (node, sign = "") => {
    const parent = node.parentElement || node.getRootNode().host;
    const text = sign || squeeze(node.data);
    if (!text || !parent || !parent.checkVisibility({visibilityProperty: true})) return;
    if (found.at(-1)?.element.contains(parent)) return;  // what it shows is its value
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (!box.width || !box.height) return;
    let block = parent;
    while (getComputedStyle(block).display === "inline" && up(block)) block = up(block);
    const near = run && run.block === block && box.left - run.box.right < 16;
    if (near && !sign) {
      run.text = squeeze(`${run.text} ${text}`);
      run.box = {left: Math.min(run.box.left, box.left), top: Math.min(run.box.top, box.top),
        right: Math.max(run.box.right, box.right), bottom: Math.max(run.box.bottom, box.bottom)};
    } else {
      run = {block, parent, text, sign, at: found.length, heading: Boolean(parent.closest(HEADING)),
        box: {left: box.left, top: box.top, right: box.right, bottom: box.bottom}};
      texts.push(run);
    }
    const heading = parent.closest(HEADING);
    if (heading) {
      const same = headings.at(-1)?.heading === heading;
      headings = [...(same ? headings.slice(0, -1) : headings),
        {heading, scope: scope(heading), text: run.text}];
    }
  };
  const tip = node => {  // what a sign that has no words of its own says for itself
    const text = squeeze(node.getAttribute("aria-label") || node.title || node.alt);
    return !text || SAYS.test(node.textContent) || node.closest(BUTTONS) || node.shadowRoot
      || node.matches(FIELDS) || node.querySelector("*") ? "" : text;
  };
  const walk = root => {
    for (let node = root.firstChild; node; node = node.nextSibling) {
      if (node.nodeType === 3) read(node);
      if (node.nodeType !== 1 || node.tagName === "SCRIPT" || node.tagName === "STYLE") continue;
      if (node.matches(FIELDS) && !nested(node)) {
        if (seen(node)) {
          found.push({element: node, headings: within(node)});
          run = null;
        }
        else if (node.tagName === "SELECT" || node.tagName === "TEXTAREA") continue;
      }
      const sign = tip(node);
      if (sign) {
        read(node, sign);
        run = null;
        continue;
      }
      if (node.tagName === "IFRAME") node.__clerkworkOver = [...over, ...within(node).map(one => one.text)];
      if (node.shadowRoot) walk(node.shadowRoot);
      if (!MUTE.has(node.tagName)) walk(node);
    }
  };
  walk(document);

  // What lies exactly under a field and takes nothing is a library's hint, and no field.
  const shut = element => Boolean(element.readOnly) || element.matches(SHUT);
  const same = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.9 * a.width
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.9 * a.height;
  for (const one of found.filter(({element}) => shut(element))) {
    const box = one.element.getBoundingClientRect();
    if (found.some(other => !shut(other.element)
      && same(box, other.element.getBoundingClientRect()))) one.hint = true;
  }
  for (const text of texts) text.at -= found.slice(0, text.at).filter(one => one.hint).length;
  found.splice(0, found.length, ...found.filter(one => !one.hint));

  // Which field a text stands in one block with, if with exactly one.
  const inside = new Map(), only = new Map();
  for (const [index, {element}] of found.entries()) {
    for (let part = element; part; part = up(part)) {
      inside.set(part, (inside.get(part) || 0) + 1);
      only.set(part, index);
    }
  }
  for (const text of texts) {
    let part = text.parent;
    while (part && !inside.has(part)) part = up(part);
    text.owner = part && inside.get(part) === 1 ? only.get(part) : -1;
  }
  const worded = new Set(texts.filter(text => !text.sign).map(text => text.owner).concat(-1));
  texts.splice(0, texts.length, ...texts.filter(text => !text.sign || !worded.has(text.owner)));

  const until = (part, element) => {  // its text before an element, and whether that was met
    let text = "";
    for (const child of part.childNodes) {
      if (child === element) return [text, true];
      const [more, met] = child.contains(element) ? until(child, element) : [said(child), false];
      text += child.nodeType === 1 && getComputedStyle(child).display !== "inline" ? ` ${more} ` : more;
      if (met) return [text, true];
    }
    return [text, false];
  };
  const said = (element, own) => {  // the text of an element without what is inside of fields
    if (own && element === own) return "";
    if (element.nodeType === 3) return element.data;
    if (element.nodeType === 1 && (MUTE.has(element.tagName) || !element.checkVisibility()))
      return "";
    return [...element.childNodes].map(child => said(child, own)).join(
      element.nodeType === 1 && getComputedStyle(element).display !== "inline" ? " " : "");
  };
  const naming = (part, element) => {  // of what stands around a field, its name comes before it
    const whole = squeeze(said(part, element));
    if (!SAYS.test(whole)) return [part, ...part.querySelectorAll("*")].map(tip).find(Boolean) || whole;
    if (!part.contains(element) || /^(checkbox|radio)$/.test(element.type)) return whole;
    const first = squeeze(until(part, element)[0]);
    return SAYS.test(first) ? first : whole;
  };
  const label = element => {
    const ids = element.getAttribute("aria-labelledby");
    const root = element.getRootNode();
    if (ids) {
      const parts = ids.split(/\s+/).map(id => root.getElementById?.(id)).filter(Boolean);
      const text = squeeze(parts.map(part => said(part, element)).join(" "));
      if (text) return text;
    }
    const aria = squeeze(element.getAttribute("aria-label"));
    if (aria) return aria;
    const labels = [...(element.labels || [])].filter(seen).map(part => naming(part, element));
    return squeeze([...new Set(labels)].join(" "));
  };
  const grids = [];
  const closest = (element, selector) => {  // beyond the shadow root that it stands in as well
    let part = element;
    while (part && !part.matches(selector)) part = up(part);
    return part;
  };
  const heading = (rows, at, heads) => {
    const last = rows.findIndex((one, row) => row && !(heads(one) && !one.querySelector("td")));
    return columns(last < 0 ? rows.slice(0, 1) : rows.slice(0, last))[at];
  };
  const filled = new Set(found.map(({element}) => closest(element, LINE)));
  const header = element => {
    const cell = closest(element, "td, th, [role=gridcell], [role=cell]");
    const table = cell && closest(cell, "table, [role=grid], [role=table]");
    if (!table) return {header: "", row: "", line: -1, grid: -1};
    const row = closest(cell, LINE);
    const place = one => {
      let at = 0;
      for (const other of one.parentElement.children) {
        if (other === one) return at;
        at += other.colSpan || 1;
      }
      return -1;
    };
    const at = place(cell);
    const rows = [...table.querySelectorAll(LINE)].filter(one => closest(one, GRID) === table);
    const heads = one => one !== row && one.querySelector("th, [role=columnheader]")
      && !filled.has(one) && !one.querySelector(FIELDS) && one.children.length > 1;
    const top = rows.findIndex(heads), over = top < 0 ? null : heading(rows.slice(top), at, heads);
    const first = row.querySelector("th, [role=rowheader]");
    const lines = rows.filter(one => filled.has(one) || one.querySelector(FIELDS));
    if (!grids.includes(table)) grids.push(table);
    return {grid: grids.indexOf(table), header: over ? squeeze(over.innerText) : "", line: lines.indexOf(row),
      row: first && first !== cell ? squeeze(first.innerText) : ""};
  };

  const boxes = found.map(({element}) => element.getBoundingClientRect());
  const between = (index, a, b, across) => boxes.some((box, other) => other !== index && (across
    ? Math.min(box.bottom, b.bottom) - Math.max(box.top, b.top) > 2
      && box.left >= a.right - 4 && box.right <= b.left + 4
    : Math.min(box.right, b.right) - Math.max(box.left, b.left) > 2
      && box.top >= a.bottom - 4 && box.bottom <= b.top + 4));
  const beside = index => {
    const box = boxes[index], best = {};
    // Where lines run from right to left, what comes first counts as left, as words in another
    // script keep their own sequence within such a line.
    const mirrored = getComputedStyle(up(found[index].element)).direction === "rtl";
    const offer = (side, gap, text, limit) => {
      if (gap > limit || gap < -6) return;
      const one = {says: SAYS.test(text.text), gap, text: text.text}, other = best[side];
      const better = !other || (one.says === other.says ? one.gap < other.gap : one.says);
      if (better) best[side] = one;
    };
    for (const text of texts) {
      if (text.owner !== index && (text.owner !== -1 || text.heading)) continue;
      const other = text.box;
      const high = Math.min(other.bottom, box.bottom) - Math.max(other.top, box.top);
      const wide = Math.min(other.right, box.right) - Math.max(other.left, box.left);
      if (high > 0.4 * Math.min(other.bottom - other.top, box.height)) {
        const side = seen => mirrored ? (text.at <= index ? "left" : "right") : seen;
        const beyond = (seen, gap) => offer(side(seen), gap, text, side(seen) === "left" ? 400 : 120);
        if (!between(index, other, box, true)) beyond("left", box.left - other.right);
        if (!between(index, box, other, true)) beyond("right", other.left - box.right);
      }
      if (wide > 2) {
        if (!between(index, other, box, false)) offer("above", box.top - other.bottom, text, 90);
        if (!between(index, box, other, false)) offer("below", other.top - box.bottom, text, 30);
      }
    }
    return Object.fromEntries(["left", "right", "above", "below"].map(
      side => [side, best[side]?.text || ""]));
  };
  const gap = (a, b) => Math.max(0, a.left - b.right, b.left - a.right)
    + Math.max(0, a.top - b.bottom, b.top - a.bottom);
  const counts = new Map();  // of the fields that a text stands with
  for (const {owner, text} of texts) if (owner !== -1) counts.set(text, (counts.get(text) || 0) + 1);
  const common = text => counts.get(text) >= FEW;  // what stands with so many names none of them
  const block = index => texts.filter(text => text.owner === index)
    .map(text => [common(text.text), gap(text.box, boxes[index]), text.text])
    .filter(([, away]) => away < 200)
    .sort((a, b) => a[0] - b[0] || a[1] - b[1]).slice(0, 3).map(([, , text]) => text);
  const group = (element, names) => {  // the words over a few fields, such as those of one date
    for (let box = up(element); box && inside.get(box) <= FEW; box = up(box)) {
      if (inside.get(box) < 2) continue;
      const first = found.findIndex(one => box.contains(one.element));
      const said = texts.filter(text => text.owner === -1 && text.at <= first
        && box.contains(text.parent) && !names.has(text.text));
      if (said.length) return said.at(-1).text.slice(0, 80);
    }
    return "";
  };
  const shows = (element, index) => /^(INPUT|SELECT|TEXTAREA)$/.test(element.tagName)
    || element.isContentEditable || label(element) || block(index).length ? "" : said(element);
  const numbers = new Map();
  const path = element => {  // the elements it stands in, each by a number, from the outermost
    const parts = [];
    for (let part = up(element); part; part = up(part)) {
      if (!numbers.has(part)) numbers.set(part, numbers.size);
      parts.unshift(numbers.get(part));
    }
    return parts;
  };
  const spoken = (index, headings) => {  // without what is the only name of this field
    const names = texts.filter(text => text.owner === index).map(text => text.text);
    names.push(label(found[index].element) || names[0]);
    const others = ({scope, text}) => inside.get(scope) !== 1 || names.some(one => one !== text);
    return [...over, ...headings.filter(others).map(one => one.text)].slice(-3);
  };
  const named = facts => {  // a sign beside a field, such as $, is no name of it where words are
    const {block, left, above} = facts;
    if (![...block, left, above].some(text => SAYS.test(text))) return facts;
    const [own, one, other] = [block, [left], [above]].map(all => all.filter(text => SAYS.test(text)));
    return {...facts, block: own, left: one[0] || "", above: other[0] || ""};
  };
  const describe = ({element, headings}, index) => {
    const form = element.form || element.closest("form, [role=form], dialog");
    const tag = element.tagName.toLowerCase();
    const attributes = {};
    for (const {name, value} of element.attributes) {
      if (/^(style|value|checked|selected|disabled|readonly|required|tabindex|type|role)$/.test(name)
        || /^(aria-(label|labelledby|describedby|controls|owns|invalid|expanded)|on.*)$/.test(name)
        || /^(placeholder|title)$/.test(name) || value.length > 80) continue;
      attributes[name] = value;
    }
    return {
      tag, type: element.type || "", role: element.getAttribute("role") || "",
      label: label(element), title: squeeze(element.title),
      placeholder: squeeze(element.placeholder || shows(element, index)).slice(0, 80), attributes,
      ...named({block: block(index), ...beside(index)}), ...header(element),
      headings: spoken(index, headings).map(text => text.slice(0, 80)).reverse(),
      options: tag === "select" ? [...element.options].slice(0, 12).map(o => squeeze(o.text)) : [],
      form: form ? squeeze([form.id, form.getAttribute("name"), form.getAttribute("action"),
        form.getAttribute("aria-label")].filter(Boolean).join(" ")) : "",
      blocked: shut(element), path: path(element),
    };
  };

  const data = found.map(describe);
  const names = new Set(data.flatMap(facts => [facts.label, facts.left, facts.above]));
  found.forEach(({element}, index) => { data[index].group = group(element, names); });
  found.forEach(({element}, index) => { data[index].covered = cover(element); });
  restore();
  window.__clerkworkFound = found.map(({element}) => element);
  return data;
}
