// Further changes, thought of after the first rules stood; see mutations.js, whose tools they use.
window.__later = ({all, block, inCell, label, caption, form, doc, make, pick, junk, random}) => {
  const plainInput = e => e.tagName === "INPUT" && !/checkbox|radio|file/.test(e.type);
  const free = e => !inCell(e);
  const untie = e => { for (const l of [...(e.labels || [])]) l.removeAttribute("for"); };
  const take = e => {  // the words of a field, which are then gone from where they stood
    const node = caption(e);
    if (!node || !free(e) || /checkbox|radio/.test(e.type)) return "";
    const text = node.data.trim();
    node.data = "";
    return text;
  };
  const twinForm = () => {
    const copy = form().cloneNode(true);
    for (const e of [copy, ...copy.querySelectorAll("*")]) {
      if (e.id) e.id += "-b";
      if (e.htmlFor) e.htmlFor += "-b";
    }
    return copy;
  };
  return {
    split() {  // a field becomes two: the number and its suffix
      for (const e of all()) {
        if (!plainInput(e) || random() < 0.5) continue;
        e.after(make("span", " - "), make("input", "", {type: "text", size: "3", class: e.className}));
      }
    },
    prefill() {
      for (const e of all()) if (plainInput(e) && !/date|number|time/.test(e.type))
        e.value = pick(["CHF 0.00", "n/a", "PO-", "2026"]);
    },
    aria() {
      for (const e of all()) { const text = take(e); if (text) e.setAttribute("aria-label", text); }
    },
    legend() {  // every field gets a group of its own, whose legend names it
      for (const e of all()) {
        const text = take(e);
        if (!text) continue;
        const box = make("fieldset");
        e.before(box); box.append(make("legend", text), e); untie(e);
      }
    },
    disabled() {  // what was stored stands, greyed, before each field
      for (const e of all()) {
        const b = block(e);
        if (/^(TD|TR)$/.test(b.tagName) || b === e) continue;
        const copy = b.cloneNode(true);
        for (const c of copy.querySelectorAll("input, select, textarea")) {
          c.disabled = true; c.removeAttribute("id"); c.removeAttribute("name");
        }
        for (const l of copy.querySelectorAll("label")) l.removeAttribute("for");
        b.before(copy);
      }
    },
    sticky() {  // a bar stays at the top, over what is scrolled there
      const bar = make("header", "", {style: "position:sticky;position:fixed;top:0;left:0;right:0;"
        + "height:140px;background:#eee;z-index:9999"});
      bar.append(make("b", "Company"), make("input", "",
        {type: "search", placeholder: "Search everything", name: "q"}));
      doc().body.prepend(bar);
    },
    rtl() { doc().documentElement.dir = "rtl"; },
    columns() {  // the columns of a grid stand in another order
      for (const table of new Set(all().map(e => e.closest("table")).filter(Boolean))) {
        const width = Math.max(...[...table.rows].map(r => r.cells.length));
        if (width < 3 || !table.querySelector("th")) continue;
        const order = [...Array(width).keys()].sort(() => random() - 0.5);
        for (const row of table.rows) if (row.cells.length === width)
          row.append(...order.map(at => row.cells[at]));
      }
    },
    filter() {  // the same words above, to look for what is there already
      const bar = make("div");
      bar.append(make("h3", "Filter the list"));
      for (const e of all()) {
        const node = caption(e);
        if (!node || random() < 0.4) continue;
        const l = make("label", node.data.trim() + " ");
        l.append(make("input", "", {type: "text", class: e.className}));
        bar.append(l);
      }
      form().before(bar);
    },
    accelerator() {  // one letter of each label is underlined
      for (const e of all()) {
        const node = caption(e);
        if (!node || node.data.trim().length < 3) continue;
        const text = node.data.trim(), at = Math.floor(random() * 3);
        node.replaceWith(doc().createTextNode(text.slice(0, at)), make("u", text[at]),
          doc().createTextNode(text.slice(at + 1) + " "));
      }
    },
    bystander() {  // what a summary says in the same words is no field
      const list = make("dl");
      for (const e of all()) {
        const node = caption(e);
        if (node) list.append(make("dt", node.data.trim()), make("dd", junk()));
      }
      form().before(list);
    },
    number() { [...all()].forEach((e, at) => {
      const node = caption(e); if (node) node.data = `${at + 1}. ${node.data.trim()} `; }); },
    // ---- held out
    tooltip() {
      for (const e of all()) { const text = take(e); if (text) e.title = text; }
    },
    sameid() {  // one id for all, so that every label is tied to the first field
      const id = junk();
      for (const e of all()) {
        for (const l of [...(e.labels || [])]) if (l.htmlFor) l.htmlFor = id;
        if (e.id) e.id = id;
      }
    },
    icon() {  // a sign of an icon font stands for the words, which are left in its tooltip
      for (const e of all()) {
        const node = caption(e);
        if (!node || !free(e)) continue;
        node.replaceWith(make("i", "\uf007", {class: "fa " + junk(), title: node.data.trim()}));
      }
    },
    nested() {  // a shadow root within a frame
      const box = form(), frame = make("iframe", "", {style: "width:100%;height:900px;border:0"});
      box.replaceWith(frame);
      const inner = frame.contentDocument;
      const host = inner.createElement("div");
      inner.body.append(host);
      host.attachShadow({mode: "open"}).append(inner.adoptNode(box));
    },
    floating() {  // the label comes after its field and is drawn above it
      for (const e of all()) {
        const node = caption(e);
        if (!node || !free(e) || /checkbox|radio/.test(e.type)) continue;
        const text = node.data.trim(), box = make("div", "", {style: "position:relative;"
          + "margin-top:22px;display:inline-block"});
        node.data = ""; untie(e); e.before(box);
        box.append(e, make("span", text, {style: "position:absolute;top:-18px;left:2px"}));
      }
    },
    bilingual() {
      for (const e of all()) {
        const node = caption(e);
        if (node) node.data = `${node.data.trim()} / ${pick(["名称", "Feld", "Champ", "項目"])} `;
      }
    },
    help() {
      const tails = ["as printed on the paper, without blanks", "ask the office if it is missing"];
      for (const e of all()) {
        const node = caption(e);
        if (node) node.data = `${node.data.trim()} - ${pick(tails)} `;
      }
    },
    below() {  // captions stand under their fields
      for (const e of all()) {
        const text = take(e);
        if (!text) continue;
        const box = make("div", "", {style: "display:inline-block;margin:6px"});
        untie(e); e.before(box); box.append(e, make("div", text));
      }
    },
    tabs() {  // the same form once more on a tab page that is not shown
      const box = form(), bar = make("div", "", {role: "tablist"}), hidden = make("div", "",
        {role: "tabpanel", hidden: ""});
      bar.append(make("button", "New", {role: "tab"}), make("button", "Copy", {role: "tab"}));
      hidden.append(twinForm());
      box.before(bar, hidden);
    },
    zoom() { doc().body.style.zoom = pick(["0.6", "0.8", "1.4", "1.8"]); },
    companion() {  // a list of units or a box for "unknown" stands after each field
      for (const e of all()) {
        if (!plainInput(e) || !free(e)) continue;
        if (random() < 0.5) {
          const list = make("select");
          list.append(make("option", "EUR"), make("option", "USD")); e.after(list);
        } else e.after(make("input", "", {type: "checkbox"}), make("span", "unknown"));
      }
    },
    archive() {  // an older copy of the form, its words unchanged, above the real one
      const around = make("section");
      around.append(make("h2", "Previous version"), twinForm());
      form().before(around);
    },
  };
};
