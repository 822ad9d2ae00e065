// Forms in panes that scroll, under bars that stay, and in lists that build only what is in view;
// the page has been scrolled already, as it is after some fields were written. See mutations.js.
window.__panes = ({all, block, inCell, form, doc, make, pick, random}) => {
  const space = height => make("div", "", {style: `height:${height}px`});
  const into = (box, style) => {  // a pane around a box
    const pane = make("div", "", {style}), body = doc().body;
    if (box === body) {
      pane.append(...body.childNodes);
      body.append(pane);
    } else {
      box.before(pane);
      pane.append(box);
    }
    return pane;
  };
  const pane = (style = "") => {
    const made = into(form(), `height:260px;overflow:auto;position:relative;${style}`);
    made.append(space(900));
    return made;
  };
  const bar = (text, style) => make("div", text,
    {style: `position:sticky;z-index:9;height:110px;background:#eee;${style}`});
  const end = part => { part.scrollTop = pick([0.5, 1, 1]) * (part.scrollHeight - part.clientHeight); };
  const copy = () => {  // of the form, with identifiers of its own, below it
    const box = form(), made = box.cloneNode(true);
    for (const e of made.querySelectorAll("[id], [for], [name]")) {
      for (const name of ["id", "for", "name"])
        if (e.hasAttribute(name)) e.setAttribute(name, e.getAttribute(name) + "-2");
    }
    return [box, box === doc().body ? make("div") : made];
  };
  const scroller = part => part.ownerDocument.scrollingElement;
  const virtual = part => {  // what is out of view is taken out of the page, as the pane scrolls
    const places = all().filter(e => part.contains(e) && !inCell(e)).map(e => {
      const box = block(e);
      return {box, gap: space(box.getBoundingClientRect().height), at: box.offsetTop};
    });
    const build = () => {
      for (const {box, gap} of places) {
        const shown = box.isConnected ? box : gap, edge = part.getBoundingClientRect();
        const own = shown.getBoundingClientRect();
        const near = own.bottom > edge.top - 40 && own.top < edge.bottom + 40;
        if (near !== (shown === box)) shown.replaceWith(near ? box : gap);
      }
    };
    part.addEventListener("scroll", build);
    build();
  };
  return {
    pane() { end(pane()); },
    paneinpane() {
      const inner = pane(), outer = into(inner, "height:200px;overflow:scroll");
      outer.prepend(space(300));
      outer.append(space(600));
      end(outer);
      end(inner);
    },
    sideways() {
      const part = into(form(), "width:420px;overflow-x:auto");
      part.firstElementChild.style.minWidth = "2400px";
      part.scrollLeft = part.scrollWidth * random();
    },
    stickyhead() {
      const part = pane();
      part.prepend(bar("Head data", "top:0"));
      part.append(bar("Save Cancel", "bottom:0"));
      end(part);
    },
    stickypage() {
      const box = doc().body;
      box.prepend(bar("My company", "top:0"));
      box.append(space(1500), bar("All rights reserved", "bottom:0"));
      end(scroller(box));
    },
    panetwin() {  // the same form once more, far below in the same pane
      const [box, twin] = copy(), part = pane();
      if (box !== doc().body) part.append(twin);
      end(part);
    },
    virtual() {
      const part = pane();
      virtual(part);
      part.scrollTop = 40 + 100 * random();
    },
    virtualtwin() {  // scrolled to the copy; the form itself is not in the page
      const [box, twin] = copy(), part = pane();
      if (box !== doc().body) part.append(twin);
      virtual(part);
      part.scrollTop = part.scrollHeight;
    },
  };
};
