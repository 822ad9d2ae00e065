// Covers in one frame whatever shows a secret, until it is told to take the covers off again: fields
// for passwords and codes, fields that hold one of the secrets, and texts that say one.
// The covers lie in the browser's top layer; nothing of the page is changed. Returns its size, and
// whether anything was covered.
([secrets, on]) => {
  const ID = "clerkwork-covers";
  document.getElementById(ID)?.remove();
  const page = document.scrollingElement || document.documentElement;
  const size = {width: page.scrollWidth, height: page.scrollHeight,
    seen: innerHeight >= page.scrollHeight && innerWidth >= page.scrollWidth};
  if (!on) return size;
  const KINDS = /password|one-time-code|cc-number|cc-csc/;
  const tells = text => secrets.some(secret => (text || "").includes(secret));
  const boxes = [];
  const box = part => boxes.push(part.getBoundingClientRect());
  const look = root => {
    for (const field of root.querySelectorAll("input, textarea")) {
      if (field.type === "password" || KINDS.test(field.autocomplete) || tells(field.value)) box(field);
    }
    if (secrets.length) {
      const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
      for (let text = texts.nextNode(); text; text = texts.nextNode()) {
        if (tells(text.data) && text.parentElement) box(text.parentElement);
      }
    }
    for (const host of root.querySelectorAll("*")) if (host.shadowRoot) look(host.shadowRoot);
  };
  look(document);
  const shown = boxes.filter(one => one.width && one.height);
  if (!shown.length) return size;
  const covers = document.createElement("div");
  covers.id = ID;
  covers.popover = "manual";
  covers.style.cssText = "all:initial;position:absolute;left:0;top:0;display:block;overflow:visible;"
    + "pointer-events:none";
  for (const {left, top, width, height} of shown) {
    const cover = document.createElement("div");
    cover.style.cssText = `position:absolute;background:#555;left:${left + scrollX}px;`
      + `top:${top + scrollY}px;width:${width}px;height:${height}px`;
    covers.append(cover);
  }
  document.documentElement.append(covers);
  covers.showPopover?.();
  return {...size, covered: true};
}
