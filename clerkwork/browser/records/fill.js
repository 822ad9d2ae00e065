// Fills fields one after another as typing would: value, then the events that pages listen to.
// Waits in between only where the page asks its server, or offers what can be chosen.
// Returns for each step "" or why it was left: "blocked", or "missing" for a choice not offered.
async ([elements, steps, limit]) => {
  const squeeze = said => (said || "").replace(/\s+/g, " ").trim();
  const settled = async () => window.__clerkworkSettled ? window.__clerkworkSettled(limit) : true;
  const asking = () => window.__clerkworkAsking?.() || false;
  const tell = (element, ...kinds) => kinds.forEach(
    kind => element.dispatchEvent(new Event(kind, {bubbles: true, composed: true})));
  const takes = element => element.isConnected && !element.disabled && !element.readOnly
    && /^(INPUT|TEXTAREA)$/.test(element.tagName) && element.type !== "file"
    && element.checkVisibility({visibilityProperty: true});
  const put = (element, step) => {
    const proto = element.tagName === "INPUT" ? HTMLInputElement : HTMLTextAreaElement;
    const plain = /^(date|number)$/.test(element.type);
    Object.getOwnPropertyDescriptor(proto.prototype, "value").set.call(
      element, plain ? step.text : step.typed);
  };
  const type = element => {  // into the field that the page puts the focus in, if that is another
    element.focus({preventScroll: true});
    if (element.checkVisibility()) return element;
    const active = element.getRootNode().activeElement;
    return active && active !== element && takes(active) ? active : null;
  };
  const empty = element => {  // what was typed and not chosen would look like what was chosen
    put(element, {text: "", typed: ""});
    tell(element, "input", "change");
    return "blocked";
  };
  const choose = async (element, step) => {
    const shows = new RegExp(step.shows);
    if (shows.test(squeeze(element.value))) return "";
    element.focus({preventScroll: true});
    put(element, step);
    tell(element, "input", "change");
    await settled();
    const one = [...document.querySelectorAll("[role=option], [role=listbox] li, [role=menu] li")]
      .filter(part => part.checkVisibility() && !part.querySelector("li"))
      .find(part => shows.test(squeeze(part.innerText)));
    if (!one) return empty(element);  // typed for real, it may be offered after all
    const press = (kind, Kind) => one.dispatchEvent(
      new Kind(kind, {bubbles: true, cancelable: true, composed: true, view: window}));
    press("pointerdown", PointerEvent);
    press("mousedown", MouseEvent);
    press("pointerup", PointerEvent);
    press("mouseup", MouseEvent);
    (one.querySelector("a, button") || one).click();
    const taken = () => !(one.isConnected && one.checkVisibility())
      && shows.test(squeeze(element.value));
    if (!taken()) await settled();
    return taken() ? "" : empty(element);
  };
  const fill = async (element, step) => {
    const free = /^(checkbox|radio)$/.test(element.type);
    if (!element.isConnected || element.disabled || element.readOnly) return "blocked";
    if (free) {
      if (element.checked !== /^(yes|true|1|on|是)$/i.test(step.typed)) element.click();
      return "";
    }
    if (!element.checkVisibility({visibilityProperty: true})) return "blocked";
    if (element.tagName === "SELECT") {
      const found = option(element, step);
      if (found < 0) return "missing";
      element.selectedIndex = found;
      tell(element, "input", "change");
      return "";
    }
    if (!takes(element)) return "blocked";
    if (step.offered) return choose(element, step);
    const active = type(element);
    if (active) {
      put(active, step);
      tell(active, "input", "change");
    }
    element.getRootNode().activeElement?.blur();
    return active ? "" : "blocked";
  };
  const said = [];
  for (const [at, step] of steps.entries()) {
    if (asking() || (step.offered && !step.eager)) await settled();
    said.push(await fill(elements[at], step));
  }
  await settled();
  return said;
}
