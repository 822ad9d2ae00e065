// Reads what a frame shows, in one go: words with the value that stands at them, and tables.
// The rows are kept for the next call, to open one of them.
() => {
  const squeeze = text => (text || "").replace(/\s+/g, " ").trim();
  const shown = element => element.checkVisibility({visibilityProperty: true})
    && !element.closest("[aria-hidden=true], [inert]");
  const value = element => {
    if (/^(checkbox|radio)$/.test(element.type)) return element.checked ? "yes" : "no";
    if (element.tagName === "SELECT") return squeeze(element.selectedOptions[0]?.text);
    return squeeze(element.value ?? element.innerText);
  };
  const field = "input:not([type=hidden], [type=submit], [type=button], [type=image], "
    + "[type=checkbox], [type=radio], [type=password]), select, textarea";
  const text = cell => {
    const own = [...cell.querySelectorAll(field)].find(shown);
    return own ? value(own) : squeeze(cell.innerText);
  };
  const pairs = [], tables = [];
  const rows = window.__clerkworkRows = [];
  const words = element => squeeze([...element.childNodes].map(part => part.nodeType === 3
    ? part.data : part.matches?.(field) || part.querySelector?.(field) ? "" : part.innerText || "")
    .join(" "));
  const look = root => {
    for (const label of root.querySelectorAll("label")) {
      if (label.control && label.control.type !== "password" && shown(label.control))
        pairs.push([words(label), value(label.control)]);
    }
    for (const term of root.querySelectorAll("dt")) {
      const said = term.nextElementSibling;
      if (said?.tagName === "DD" && shown(said)) pairs.push([squeeze(term.innerText), text(said)]);
    }
    for (const element of root.querySelectorAll("p, li, div, span")) {
      if (element.querySelector("p, li, div, table, input, select") || !shown(element)) continue;
      const [, said, rest] = /^([^:：]{1,60})[:：]\s*(\S.*)$/.exec(squeeze(element.innerText)) || [];
      if (said) pairs.push([said, rest]);
    }
    for (const table of root.querySelectorAll("table, [role=grid], [role=table]")) {
      if (!shown(table)) continue;
      const lines = [...table.querySelectorAll("tr, [role=row]")]
        .filter(line => line.closest("table, [role=grid], [role=table]") === table && shown(line));
      const cells = line => [...line.children].flatMap(
        cell => [cell, ...Array(Math.max(0, (cell.colSpan || 1) - 1))]);
      const alone = lines.length > 1 && lines.every(line => cells(line).length === 1);
      const heads = line => line.querySelector("th, [role=columnheader]")
        && (line.children.length > 1 || alone) && ![...line.children].some(cell => cell.tagName === "TD");
      const first = lines.findIndex(heads);
      const top = first < 0 ? [] : lines.slice(first);
      const end = top.findIndex((line, at) => at && (!heads(line) || line.querySelector(field)));
      if (end > 0) top.length = end;
      if (!top.length) {
        for (const line of lines) for (let at = 0; line.children.length % 2 === 0
          && at < line.children.length; at += 2)  // words and value, perhaps several times
          pairs.push([squeeze(line.children[at].innerText), text(line.children[at + 1])]);
        continue;
      }
      tables.push({
        headers: columns(top).map(cell => squeeze(cell?.innerText || cell?.title)),
        rows: lines.filter(line => !top.includes(line) && !line.closest("tfoot")
          && line.querySelector("td, [role=gridcell]"))
          .map(line => {
            rows.push(line);
            return {place: rows.length - 1, cells: cells(line).map(cell => cell ? text(cell) : ""),
              link: line.querySelector("a[href]:not([href='#'])")?.href || ""};
          }),
      });
    }
    for (const host of root.querySelectorAll("*")) if (host.shadowRoot) look(host.shadowRoot);
  };
  look(document);
  const alerts = [...document.querySelectorAll("[role=alert]")].filter(shown)
    .map(part => squeeze(part.innerText)).filter(Boolean);
  return {pairs, tables, alerts, text: (document.body?.innerText || "").trim().slice(0, 50000),
    asks: [...document.querySelectorAll("input[type=password]")].some(shown)};
}
