// Puts the focus into a field that is to be typed into by itself and waits for what the page does.
// Returns what it is; the field that takes the text, which may be another one, is kept.
async ([element, step, limit]) => {
  const squeeze = said => (said || "").replace(/\s+/g, " ").trim();
  const settled = async () => window.__clerkworkSettled ? window.__clerkworkSettled(limit) : true;
  if (window.__clerkworkAsking?.()) await settled();
  if (!element.isConnected) return {gone: true};
  if (element.disabled || element.readOnly) return {takes: false};
  if (element.tagName === "SELECT") {
    const found = option(element, step);
    if (found < 0) return {missing: true};
    if (found === element.selectedIndex) return {done: true};  // the page may leave at each change
    element.selectedIndex = found;
    for (const kind of ["input", "change"])
      element.dispatchEvent(new Event(kind, {bubbles: true, composed: true}));
    await settled();
    return {done: true};
  }
  const already = step.offered && new RegExp(step.shows).test(squeeze(element.value));
  if (already) return {done: true};  // typing it again would offer nothing
  element.focus();
  if (window.__clerkworkAsking?.() || !element.checkVisibility()) await settled();
  const active = element.getRootNode().activeElement;
  const other = active && active !== element && /^(INPUT|TEXTAREA)$/.test(active.tagName)
    && !element.checkVisibility();
  window.__clerkworkTyping = other ? active : element;
  return {other: Boolean(other), tick: /^(checkbox|radio)$/.test(element.type),
    plain: /^(date|number)$/.test(window.__clerkworkTyping.type)};
}
