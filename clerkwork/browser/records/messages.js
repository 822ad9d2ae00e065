// Tells of every line that comes to be shown in this frame and has all of the pieces, at once:
// a message may be gone a moment later, or its page.
pieces => {
  if (window.__clerkworkTells) return;
  window.__clerkworkTells = true;
  const squeeze = text => (text || "").replace(/\s+/g, " ").trim();
  const fits = text => {
    const said = squeeze(text).toLowerCase();
    return pieces.every(piece => said.includes(piece));
  };
  const hear = node => {
    let part = node.nodeType === 1 ? node : node.parentElement;
    while (part?.parentElement && getComputedStyle(part).display === "inline") part = part.parentElement;
    if (!part || !fits(part.textContent) || !part.checkVisibility({visibilityProperty: true})) return;
    for (const line of part.innerText.split("\n")) if (fits(line)) window.__clerkworkTell(squeeze(line));
  };
  const observer = new MutationObserver(changes => {
    const met = new Set();
    for (const {target, addedNodes} of changes) for (const node of [target, ...addedNodes]) {
      if (node.shadowRoot) watch(node.shadowRoot);
      if (node instanceof ShadowRoot) node.childNodes.forEach(one => met.add(one));
      else if (node.isConnected) met.add(node);
    }
    met.forEach(hear);
  });
  const watch = root => {
    observer.observe(root, {subtree: true, childList: true, characterData: true, attributes: true,
      attributeFilter: ["class", "style", "hidden", "open", "aria-hidden"]});
    for (const host of root.querySelectorAll("*")) if (host.shadowRoot) watch(host.shadowRoot);
  };
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (...how) {
    const root = attach.apply(this, how);
    watch(root);
    return root;
  };
  watch(document);
}
