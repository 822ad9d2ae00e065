// The headings of a table's columns.

/** @typedef {import("./dom.js").PageElement} PageElement */

/**
 * Returns the cell that heads each column: the lowest one, where a heading spans several columns
 * and others are under it.
 *
 * @param {Element[]} lines The lines of the table that hold headings.
 * @returns {(PageElement | undefined)[]}
 */
export function headingCells(lines) {
  /** @type {PageElement[]} */
  const lowest = [];
  const taken = lines.map(() => /** @type {boolean[]} */ ([]));
  for (const [row, line] of lines.entries()) {
    let at = 0;
    for (const cell of /** @type {PageElement[]} */ ([...line.children])) {
      while (taken[row][at]) at += 1;
      for (let across = 0; across < (cell.colSpan || 1); across += 1, at += 1) {
        if (!across) lowest[at] = cell;
        taken.slice(row, row + (cell.rowSpan || 1)).forEach(one => { one[at] = true; });
      }
    }
  }
  return [...lowest];
}
