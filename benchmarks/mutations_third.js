// A third set, thought of when the rules for the first two stood; see mutations.js for the tools.
window.__third = ({all, block, inCell, label, caption, form, doc, make, pick, junk, random, words}) => {
  const plainInput = e => e.tagName === "INPUT" && !/checkbox|radio|file/.test(e.type);
  const ticks = e => /checkbox|radio/.test(e.type);
  const free = e => !inCell(e);
  const ground = () => {  // where something new of the page goes: beside the form, wherever it is
    const root = all()[0].getRootNode();
    return root.body || root.firstElementChild;
  };
  const copyOf = box => {
    const copy = box.cloneNode(true);
    for (const e of [copy, ...copy.querySelectorAll("*")]) {
      if (e.id) e.id += "-c";
      if (e.htmlFor) e.htmlFor += "-c";
    }
    return copy;
  };
  const each = change => { for (const e of all()) { const n = caption(e); if (n) change(e, n); } };
  return {
    cssorder() {  // the field comes first in the document, and is drawn after its label
      each((e, node) => {
        if (!free(e) || ticks(e)) return;
        const text = make("span", node.data.trim()), box = make("div", "",
          {style: "display:flex;flex-direction:row-reverse;justify-content:flex-end;gap:8px"});
        node.data = "";
        for (const l of [...(e.labels || [])]) l.removeAttribute("for");
        e.before(box); box.append(e, text);
      });
    },
    words() {  // every word of a label is an element of its own, drawn apart
      each((e, node) => node.replaceWith(...node.data.trim().split(/\s+/).map(
        word => make("span", word, {style: "display:inline-block;margin-right:5px"}))));
    },
    chain() {  // the name is made of two elements: the group's and its own
      const group = make("div", pick(["Main data", "Step 2", "Entry"]), {id: junk()});
      form().before(group);
      each((e, node) => {
        if (!free(e)) return;
        const own = make("span", node.data.trim(), {id: junk()});
        for (const l of [...(e.labels || [])]) l.removeAttribute("for");
        node.replaceWith(own);
        e.removeAttribute("aria-label");
        e.setAttribute("aria-labelledby", `${group.id} ${own.id}`);
      });
    },
    element() {  // each field within a custom element; the label stays outside
      for (const e of all()) {
        const host = make("x-" + junk());
        e.replaceWith(host);
        host.attachShadow({mode: "open"}).append(e);
      }
    },
    rerender() {  // a framework builds every field anew a moment later
      const fresh = () => { for (const e of all()) {
        const copy = e.cloneNode(true);
        copy.__truth = e.__truth; copy.value = e.value; delete e.__truth; e.replaceWith(copy);
      } };
      for (const at of [60, 180, 350]) setTimeout(fresh, at);
    },
    hiddenforms() {  // the form for small screens is there too, shown in none of the usual ways
      const hide = pick(["height:0;overflow:hidden", "position:fixed;left:-3000px",
        "clip-path:inset(50%);position:absolute", "visibility:hidden;position:absolute"]);
      const around = make("div", "", {style: hide});
      around.append(copyOf(form()));
      form().before(around);
    },
    partly() {  // half of the page is translated
      for (const e of all()) {
        const node = caption(e), chinese = words[e.__truth]?.[1];
        if (node && chinese && random() < 0.5) node.data = chinese + " ";
      }
      for (const h of doc().querySelectorAll("h1, h2, legend")) if (random() < 0.5)
        h.textContent = "基本信息";
    },
    numbers() {  // filled with what was typed last time, in the way of another country
      for (const e of all()) if (plainInput(e) && !/date|number|time/.test(e.type)) {
        e.value = pick(["1.234,56", "12'000.00", "٣٤٥", "１２３"]);
        e.after(make("span", pick(["€", "CHF", "Stk.", "%"])));
      }
    },
    typeahead() {  // a library puts its hint behind the field and a list under it
      for (const e of all()) {
        if (!plainInput(e) || e.readOnly || !/text|search/.test(e.type)) continue;
        const box = make("span", "", {style: "position:relative;display:inline-block"});
        const hint = e.cloneNode();
        hint.removeAttribute("id");
        hint.readOnly = true;
        hint.tabIndex = -1;
        hint.style.cssText = "position:absolute;top:0;left:0;opacity:1;color:#999";
        e.replaceWith(box);
        e.style.position = "relative";
        box.append(hint, e, make("div", "", {role: "listbox", style: "position:absolute"}));
      }
    },
    keyboard() {  // a keyboard on the screen, with a field that mirrors what is typed
      const box = make("div", "", {style: "position:fixed;bottom:0;left:0;right:0;height:150px;"
        + "background:#ddd;z-index:9999"});
      box.append(make("label", "Input"), make("input", "", {readonly: "", class: junk()}));
      for (const key of "QWERTZUIOP") box.append(make("button", key));
      ground().append(box);
    },
    cookies() {  // what one has to agree to lies over the lower half
      const box = make("div", "", {role: "dialog", style: "position:fixed;bottom:0;left:0;right:0;"
        + "height:45%;background:#fff;z-index:9999;border-top:2px solid"});
      box.append(make("h2", "We value your privacy"));
      for (const word of ["Necessary", "Statistics", "Marketing"]) {
        const l = make("label", word + " ");
        l.append(make("input", "", {type: "checkbox"}));
        box.append(l);
      }
      box.append(make("button", "Accept all"), make("button", "Refuse"));
      ground().append(box);
    },
    delivery() {  // the same words again for another party, below
      const box = make("fieldset");
      box.append(make("legend", "Delivery to another place"), copyOf(form()));
      form().after(box);
    },
    errors() {  // the last attempt was refused: each field says so, and a list on top as well
      const list = make("ul", "", {role: "alert"});
      each((e, node) => {
        const text = node.data.trim();
        const entry = make("li");
        entry.append(make("a", `${text} is not valid`, {href: "#" + (e.id || "")}));
        list.append(entry);
        if (free(e)) e.after(make("div", `Please check ${text}`, {style: "color:red"}));
      });
      form().before(list);
    },
    swapped() {  // what identified one field now identifies another
      const fields = all().filter(plainInput), shift = 1 + Math.floor(random() * 3);
      const old = fields.map(e => ["id", "name", "class", "autocomplete", "data-title"].map(
        name => [name, e.getAttribute(name)]));
      const labels = fields.map(e => [...(e.labels || [])]);
      fields.forEach((e, at) => {
        for (const [name, value] of old[(at + shift) % fields.length])
          if (value === null) e.removeAttribute(name); else e.setAttribute(name, value);
      });
      fields.forEach((e, at) => { for (const l of labels[at])
        if (l.htmlFor) { if (!e.id) e.id = junk(); l.htmlFor = e.id; } });
    },
    trailing() {  // labels stand to the right of their fields
      each((e, node) => {
        if (!free(e)) return;
        const text = make("span", " " + node.data.trim());
        node.data = "";
        for (const l of [...(e.labels || [])]) l.removeAttribute("for");
        e.after(text, make("br"));
      });
    },
    longer() {
      each((e, node) => {
        const text = node.data.trim();
        node.data = pick([`Your ${text}`, `${text} of this document`, `Main ${text}`,
          `${text} (as agreed)`, `Please give the ${text}`]) + " ";
      });
    },
    abbreviated() {  // long words are cut, as in narrow columns
      each((e, node) => {
        node.data = node.data.trim().split(/\s+/).map(
          word => /^[a-z]{6,}$/i.test(word) ? word.slice(0, 4) + "." : word).join(" ") + " ";
      });
    },
    sibling() {  // a second form with some of the same words stands before, for another purpose
      const box = make("section");
      box.append(make("h2", "Reminder"));
      each((e, node) => {
        if (random() < 0.5) return;
        const l = make("label", node.data.trim() + " ");
        l.append(make("input", "", {type: e.type === "checkbox" ? "checkbox" : "text"}));
        box.append(l);
      });
      box.append(make("button", "Set"));
      form().before(box);
    },
  };
};
