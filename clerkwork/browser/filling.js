// Fills many fields at once, as typing would: value, then the events that pages listen to.
// Returns for each field "" or why it was left: "blocked", or "missing" for a choice not offered.
([elements, texts]) => elements.map((element, at) => {
  const text = texts[at];
  const free = /^(checkbox|radio|file)$/.test(element.type);
  if (!element.isConnected || element.disabled || element.readOnly || element.type === "file"
    || (!free && !element.checkVisibility({visibilityProperty: true}))) return "blocked";
  const tell = (...kinds) => kinds.forEach(
    kind => element.dispatchEvent(new Event(kind, {bubbles: true, composed: true})));
  if (element.tagName === "SELECT") {
    const squeeze = said => said.replace(/\s+/g, " ").trim();
    const found = [...element.options].findIndex(option => squeeze(option.text) === text);
    if (found < 0) return "missing";
    element.selectedIndex = found;
    tell("input", "change");
    return "";
  }
  if (free) {
    if (element.checked !== /^(yes|true|1|on|是)$/i.test(text)) element.click();
    return "";
  }
  if (!("value" in element) || !/^(INPUT|TEXTAREA)$/.test(element.tagName)) return "blocked";
  element.focus();
  if (!element.checkVisibility()) {  // it hands over to another field while one types
    setTimeout(() => document.activeElement?.blur());
    return "blocked";
  }
  const proto = element.tagName === "INPUT" ? HTMLInputElement : HTMLTextAreaElement;
  Object.getOwnPropertyDescriptor(proto.prototype, "value").set.call(element, text);
  tell("input", "change");
  element.blur();
  return "";
})
