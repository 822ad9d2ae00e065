// Whether a person can see an element, where need be after scrolling to it, and what lies over it.
// The scroll positions that a look has changed are put back by `restore`, before the page learns of
// it: a list that builds only what is in view would take the other fields out of the page.
() => {
  const above = node => node.assignedSlot || node.parentNode
    || (node instanceof ShadowRoot ? node.host : null);
  const up = node => {
    let next = above(node);
    while (next && next.nodeType !== 1) next = next instanceof ShadowRoot ? next.host : above(next);
    return next;
  };
  const known = new Map();
  const facts = part => {
    if (known.has(part)) return known.get(part);
    const style = getComputedStyle(part), box = part.getBoundingClientRect();
    const page = part === document.body || part === document.documentElement;
    const clips = style.overflow !== "visible" && style.display !== "inline" && !page;
    const one = {
      clips, fixed: style.position === "fixed", position: style.position,
      rtl: style.direction === "rtl",
      hidden: /inset\((50|100)%/.test(style.clipPath) || /rect\((0|1)px/.test(style.clip),
      shut: clips && (box.width < 3 || box.height < 3),
    };
    known.set(part, one);
    return one;
  };
  const reached = element => {  // not left of or above where every pane is scrolled to its start
    const box = element.getBoundingClientRect();
    let {right, bottom} = box;
    for (let part = element; part && !facts(part).fixed; part = up(part)) {
      if (part === element) continue;
      const mirrored = facts(part).rtl && (facts(part).clips || part === document.scrollingElement);
      right += part.scrollLeft + (mirrored ? part.scrollWidth - part.clientWidth : 0);
      bottom += part.scrollTop;
    }
    return right > 0 && bottom > 0;
  };
  const cut = element => {  // something around it shows nothing of what is in it
    let away = "";  // how it is taken out of the boxes around it
    for (let part = element; part; part = up(part)) {
      const one = facts(part);
      if (away === "absolute" && one.position !== "static") away = "";
      if (one.hidden || (one.shut && !away)) return true;
      if (/^(fixed|absolute)$/.test(one.position) && away !== "fixed") away = one.position;
    }
    return false;
  };
  const seen = element => {
    const free = /^(checkbox|radio|file)$/.test(element.type);
    const shown = {visibilityProperty: true, opacityProperty: true};
    if (!element.checkVisibility({...shown, opacityProperty: !free})) return false;
    if (free && !up(element)?.checkVisibility(shown)) return false;
    if (element.closest("[aria-hidden=true], [inert]")) return false;
    const box = element.getBoundingClientRect();
    if (box.width < 3 || box.height < 3) return free && Boolean(element.labels?.length);
    return reached(element) && !cut(element);
  };

  const moved = new Map();
  const restore = () => {
    for (const [part, [left, top]] of moved) part.scrollTo({left, top, behavior: "instant"});
    moved.clear();
  };
  const bring = element => {
    for (let part = up(element); part; part = up(part)) {
      if (!moved.has(part)) moved.set(part, [part.scrollLeft, part.scrollTop]);
    }
    element.scrollIntoView({block: "center", inline: "center", behavior: "instant"});
  };
  const middle = element => {
    const box = element.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
  };
  const inView = element => {
    const [x, y] = middle(element);
    const inside = box => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
    if (!inside({left: 0, top: 0, right: innerWidth, bottom: innerHeight})) return false;
    for (let part = up(element); part && !facts(part).fixed; part = up(part)) {
      if (facts(part).clips && !inside(part.getBoundingClientRect())) return false;
    }
    return true;
  };
  const over = element => {  // what lies over its middle, or null
    const [x, y] = middle(element);
    let hit = document.elementFromPoint(x, y);
    while (hit?.shadowRoot) {
      const inner = hit.shadowRoot.elementFromPoint(x, y);
      if (!inner || inner === hit) break;
      hit = inner;
    }
    if (hit && !hit.checkVisibility({opacityProperty: true, visibilityProperty: true})) return null;
    if (!hit || hit.contains(element) || element.contains(hit)) return null;
    for (let part = hit; part; part = up(part)) if (part === element) return null;
    for (const one of element.labels || []) if (one.contains(hit)) return null;
    let top = hit;
    while (up(top) && getComputedStyle(top).position === "static") top = up(top);
    return top.contains(element) || top === document.documentElement ? null : top;
  };
  const cover = element => {  // the words of what lies over it wherever it is scrolled to, or ""
    const free = inView(element) && !over(element);
    if (!free) bring(element);
    const top = free ? null : over(element);
    return top && ((top.innerText || "").replace(/\s+/g, " ").trim().slice(0, 120)
      || top.tagName.toLowerCase());
  };
  const SHOWN = "input, select, textarea, button, img, svg, canvas, video, iframe";
  const unbuilt = part => {  // more than a view of what it was scrolled past holds nothing
    const whole = part === document.scrollingElement;
    const view = whole ? innerHeight : part.clientHeight;
    if (part.scrollTop <= view) return false;
    const top = whole ? 0 : part.getBoundingClientRect().top;
    const boxes = [...part.querySelectorAll("*")]
      .filter(one => !one.firstElementChild
        && (one.shadowRoot || one.matches(SHOWN) || one.textContent.trim()))
      .map(one => one.getBoundingClientRect())
      .filter(box => box.height).sort((a, b) => a.top - b.top);
    let end = top - part.scrollTop;
    for (const box of boxes) {
      if (end >= top || box.top - end > view) break;
      end = Math.max(end, box.bottom);
    }
    return end < top - view;
  };
  const rewind = () => {  // what builds only what is in view; returns whether there was any
    const parts = [...document.querySelectorAll("*")].filter(
      part => part.scrollTop > 0 && unbuilt(part));
    for (const part of parts) part.scrollTo({top: 0, behavior: "instant"});
    return parts.length > 0;
  };
  return {up, seen, restore, rewind, cover: element => cover(element) || ""};
}
