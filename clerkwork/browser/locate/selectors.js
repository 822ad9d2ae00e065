// Which elements are fields, buttons, grids and headings.

export const FIELDS = `input:not([type=hidden], [type=submit], [type=button], [type=image],
  [type=reset]), select, textarea, [contenteditable=""], [contenteditable=true],
  [contenteditable=plaintext-only], [role=textbox], [role=searchbox], [role=combobox],
  [role=spinbutton], [role=checkbox], [role=radio], [role=switch], [role=listbox],
  [role=slider], [aria-haspopup=listbox]`;
export const BUTTONS = `button, a[href], summary, input[type=submit], input[type=button],
  input[type=image], [role=button], [role=link], [role=menuitem], [role=tab], [onclick]`;
export const GRID = "table, [role=grid], [role=table]";
export const LINE = "tr, [role=row]";
export const CELL = "td, th, [role=gridcell], [role=cell]";
export const HEADING = "h1, h2, h3, h4, h5, h6, legend, [role=heading]";
export const SHUT = ":disabled, [aria-disabled=true], [aria-readonly=true]";
// Elements whose content is no text of the page.
export const MUTE = new Set(["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "OPTION", "TEXTAREA",
  "SELECT", "TITLE", "HEAD"]);
// A letter or a figure: a text without any is only a sign.
export const SAYS = /[\p{L}\p{N}]/u;
