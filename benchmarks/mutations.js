// Changes of a page as new releases bring them, each on all fields that carry a mark.
// window.__bench(names, seed, words) applies them in sequence; words: {key: [synonym, Chinese]}.
window.__bench = (names, seed, words) => {
  let state = seed >>> 0;
  const random = () => {
    state = (state + 0x6D2B79F5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const pick = list => list[Math.floor(random() * list.length)];
  const junk = () => "x" + Math.floor(random() * 1e9).toString(36);
  const all = () => {
    const found = [];
    const look = root => { for (const e of root.querySelectorAll("*")) {
      if (e.__truth) found.push(e);
      if (e.shadowRoot) look(e.shadowRoot);
      if (e.tagName === "IFRAME") try { look(e.contentDocument); } catch { /* not ours */ }
    } };
    look(document);
    return found;
  };
  const outside = e => {  // the custom element that holds this field alone, or the field
    const host = e.getRootNode().host;
    return host && e.parentNode === e.getRootNode() && !e.nextSibling && !e.previousSibling ? host : e;
  };
  const inCell = e => Boolean(outside(e).closest("td"));
  const holds = (box, but) => all().some(
    e => e !== but && (box.contains(e) || box.contains(outside(e))));
  const block = e => {  // the largest box around a field that holds no other field and is no cell
    let box = outside(e);
    while (box.parentElement && box.parentElement !== e.ownerDocument.body
      && !/^(TD|TR|TBODY|FORM)$/.test(box.parentElement.tagName)
      && box.parentElement.querySelectorAll("input:not([type=hidden]), select, textarea, [role]")
        .length <= 1 && !holds(box.parentElement, e)) box = box.parentElement;
    return box;
  };
  const label = e => (e.labels && e.labels[0])
    || block(e).querySelector?.("label, th, span, div:not(:has(*)), b");
  const caption = e => {  // the text node that names a field
    const l = label(e);
    const candidates = l ? [l] : [];
    const cell = outside(e).closest("td");
    if (cell && !l) {
      const row = cell.parentElement, table = cell.closest("table");
      const head = table.querySelector("thead tr, tr:has(th)");
      if (head && head !== row) candidates.push(head.children[[...row.children].indexOf(cell)]);
      else candidates.push(row.querySelector("th") || row.children[0]);
    }
    for (const box of candidates) {
      if (!box) continue;
      const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
      for (let n = walker.nextNode(); n; n = walker.nextNode())
        if (/[\p{L}]/u.test(n.data) && !n.parentElement.closest("select, option, script, style"))
          return n;
    }
    return null;
  };
  const say = (e, change) => {
    const node = caption(e);
    if (node) node.data = change(node.data.trim()) + " ";
    for (const name of ["aria-label", "placeholder", "title"])
      if (e.getAttribute(name)) e.setAttribute(name, change(e.getAttribute(name)));
    return Boolean(node);
  };
  const form = () => {  // the smallest box around all fields
    const fields = all();
    let box = fields[0];
    while (box && !fields.every(f => box.contains(f))) box = box.parentElement;
    while (box && box.tagName.match(/^(TABLE|TBODY|TR)$/)) box = box.parentElement;
    return box;
  };
  const doc = () => all()[0].ownerDocument;
  const make = (tag, text, facts = {}) => {
    const e = doc().createElement(tag);
    if (text) e.textContent = text;
    for (const [k, v] of Object.entries(facts)) e.setAttribute(k, v);
    return e;
  };
  const M = {
    rename() {
      for (const e of form().querySelectorAll("*")) {
        if (e.id) {
          const fresh = junk();
          for (const l of form().querySelectorAll(`label[for="${CSS.escape(e.id)}"]`))
            l.htmlFor = fresh;
          e.id = fresh;
        }
        if (e.className && typeof e.className === "string") e.className = junk();
      }
    },
    strip() {
      for (const e of all()) for (const {name} of [...e.attributes])
        if (!/^(type|role|style|multiple)$/.test(name)) e.removeAttribute(name);
    },
    wrap() {
      for (const e of all()) for (let n = 1 + Math.floor(random() * 3); n--;) {
        const box = make(pick(["div", "span", "section"]), "", {class: junk()});
        e.replaceWith(box); box.append(e);
      }
    },
    reorder() {
      const groups = new Map();
      for (const e of all()) {
        let b = block(e);
        const row = b.closest("tr");
        if (row && row.querySelectorAll("input, select").length === 1) b = row;
        if (b.tagName === "TD") continue;
        (groups.get(b.parentElement) || groups.set(b.parentElement, []).get(b.parentElement)).push(b);
      }
      for (const boxes of groups.values()) {
        const over = new Map(boxes.map(b => [b, b.previousElementSibling]));
        const slots = boxes.map(b => { const s = make("i"); b.replaceWith(s); return s; });
        const mixed = [...boxes];
        for (let i = mixed.length; i > 1;) {
          const j = Math.floor(random() * i--); [mixed[i], mixed[j]] = [mixed[j], mixed[i]];
        }
        slots.forEach((s, i) => s.replaceWith(mixed[i]));
        for (const b of boxes) if (over.get(b)?.__caption) b.before(over.get(b));
      }
    },
    extra() {
      const texts = ["Cost centre", "Campaign", "Referral", "Branch", "Internal note"];
      for (const e of all()) {
        if (random() < 0.4 || inCell(e)) continue;
        const box = make("div"), l = make("label", pick(texts) + " ");
        l.append(make("input", "", {type: "text", name: junk()})); box.append(l);
        block(e).before(box);
      }
    },
    decorate() {
      for (const e of all()) say(e, t => pick([x => `${x} *`, x => `${x}:`, x => `${x} (required)`,
        x => `* ${x}`, x => `▸ ${x}`, x => `Enter ${x}`, x => `${x.toUpperCase()}`])(t));
    },
    synonym() { for (const e of all()) if (words[e.__truth]?.[0]) say(e, () => words[e.__truth][0]); },
    translate() { for (const e of all()) if (words[e.__truth]?.[1]) say(e, () => words[e.__truth][1]); },
    cut() {  // a label becomes plain text that nothing ties to its field
      for (const e of all()) {
        const node = caption(e);
        e.removeAttribute("aria-label"); e.removeAttribute("aria-labelledby");
        if (!node || inCell(e)) continue;
        const text = make(pick(["span", "div", "b"]), node.data.trim());
        node.data = "";
        for (const l of [...(e.labels || [])]) {
          l.removeAttribute("for");
          if (l.contains(e)) { const plain = make("div"); l.replaceWith(plain); plain.append(...l.childNodes); }
        }
        e.before(text);
      }
    },
    iframe() {
      const box = form(), frame = make("iframe", "", {style: "width:100%;height:900px;border:0"});
      box.replaceWith(frame);
      frame.contentDocument.body.append(frame.contentDocument.adoptNode(box));
      for (const style of document.querySelectorAll("style"))
        frame.contentDocument.head.append(style.cloneNode(true));
    },
    shadow() {
      const box = form(), host = make("div", "", {class: junk()});
      box.replaceWith(host);
      host.attachShadow({mode: "open"}).append(box);
    },
    late() {
      const box = form(), slot = make("p", "…");
      box.replaceWith(slot);
      setTimeout(() => slot.replaceWith(box), 150 + random() * 900);
    },
    popup() {
      const box = make("div", "", {style: "position:fixed;left:5%;top:5%;width:90%;height:90%;"
        + "background:#fff;border:3px solid;z-index:99999"});
      box.append(make("h2", "Stay informed"), make("p", "Subscribe to our newsletter."),
        make("input", "", {type: "email", placeholder: "Your e-mail", "aria-label": "E-mail"}),
        make("button", "No thanks"));
      doc().body.append(box);
    },
    duplicate() {  // the same fields once more, for another purpose
      const box = form(), twin = box.cloneNode(true);
      for (const e of [twin, ...twin.querySelectorAll("*")]) {
        if (e.id) e.id += "-2";
        if (e.htmlFor) e.htmlFor += "-2";
      }
      const around = make("section");
      around.append(make("h2", "Use an earlier one as a template"), twin);
      if (random() < 0.5) box.after(around); else {
        const host = doc().body;
        host.append(around);
      }
    },
    twin() {  // each field once more, hidden, as tab pages and mobile views have it
      for (const e of all()) {
        const b = block(e);
        if (/^(TD|TR)$/.test(b.tagName) || b === e) continue;
        const copy = b.cloneNode(true);
        copy.style.cssText = pick(["display:none", "visibility:hidden;position:absolute",
          "position:absolute;left:-9999px", "opacity:0;position:absolute"]);
        for (const c of copy.querySelectorAll("*")) if (random() < 0.5) c.removeAttribute("id");
        b.before(copy);
      }
    },
    custom() {
      for (const e of all().filter(x => x.tagName === "SELECT" && !x.multiple)) {
        const box = make("div", e.selectedOptions[0]?.text || "Choose", {role: "combobox",
          tabindex: "0", "aria-haspopup": "listbox", class: junk(),
          style: "border:1px solid;min-width:80px;min-height:18px;display:inline-block"});
        const name = e.labels?.[0];
        if (name) { name.id = name.id || junk(); if (!name.contains(e)) box.setAttribute("aria-labelledby", name.id); }
        box.__truth = e.__truth; delete e.__truth;
        e.style.display = "none";
        e.after(box);
      }
    },
    table() {
      const table = make("table"), body = make("tbody"), done = [];
      table.append(body);
      const flat = all().filter(e => !inCell(e));
      if (flat.length < 2) throw Error("nothing to lay out");
      block(flat[0]).before(table);
      for (const e of flat) {
        const node = caption(e), text = node ? node.data.trim() : "";
        if (node) node.data = "";
        const row = make("tr"), left = make("td", text), right = make("td");
        right.append(outside(e)); row.append(left, right); body.append(row); done.push(e);
      }
    },
    unlabel() {  // the words go into the field as a placeholder
      for (const e of all()) {
        const node = caption(e);
        if (!node || inCell(e) || !/^(INPUT|TEXTAREA)$/.test(e.tagName)
          || /checkbox|radio/.test(e.type)) continue;
        e.setAttribute("placeholder", node.data.trim()); node.data = "";
      }
    },
    retype() {
      for (const e of all()) if (e.tagName === "INPUT" && !/checkbox|radio|password/.test(e.type))
        e.type = pick(["text", "search", "tel"]);
    },
    stack() {  // captions move above in a row of their own, by a grid of two columns
      for (const e of all()) {
        const node = caption(e);
        if (!node || inCell(e)) continue;
        const text = make("div", node.data.trim());
        node.data = ""; text.__caption = true; block(e).before(text);
        for (const l of [...(e.labels || [])]) l.removeAttribute("for");
      }
    },
    unit() {
      for (const e of all()) if (!inCell(e) && !/checkbox|radio/.test(e.type))
        e.after(make("span", pick([" EUR", " pcs", " e.g. 12", " ?"])));
    },
    hint() {
      const hints = ["As printed on the paper", "Ask your supervisor", "Leave empty if unknown"];
      for (const e of all()) if (!inCell(e)) e.before(make("small", pick(hints)));
    },
    editable() {
      for (const e of all()) {
        if (!/^(text|search|tel|email)$/.test(e.type) || e.tagName !== "INPUT") continue;
        const box = make("div", "", {contenteditable: "true", role: "textbox", class: junk(),
          style: "border:1px solid;min-width:90px;min-height:18px;display:inline-block"});
        const name = e.labels?.[0];
        if (name && !name.contains(e)) {
          name.id = name.id || junk();
          box.setAttribute("aria-labelledby", name.id);
        }
        box.__truth = e.__truth;
        e.replaceWith(box);
      }
    },
    reheading() { for (const h of doc().querySelectorAll("h1, h2, h3, legend")) h.textContent = "Welcome"; },
  };
  const tools = {all, block, inCell, label, caption, form, doc, make, pick, junk, random, say, words};
  Object.assign(M, window.__later(tools), window.__third(tools), window.__panes(tools));
  for (const name of names) M[name]();
};
