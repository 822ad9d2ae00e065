// Where a field is in a grid: its line, and the headings of its column and row.

import { headingCells } from "./columns.js";
import { closest, squeeze } from "./dom.js";
import { CELL, FIELDS, GRID, LINE } from "./selectors.js";

/** @typedef {import("./dom.js").PageElement} PageElement */
/** @typedef {import("./look.js").Look} Look */

/**
 * The place of a field in a grid.
 *
 * @typedef {object} GridPlace
 * @property {number} grid The number of the grid, or -1.
 * @property {number} line The number of its line among those with fields, or -1.
 * @property {string} header The heading of its column, or "".
 * @property {string} row The heading of its row, or "".
 */

/**
 * Returns the column of a cell, counted in columns that the cells before it span.
 *
 * @param {PageElement} cell
 * @returns {number}
 */
function columnOf(cell) {
  let at = 0;
  for (const other of /** @type {PageElement[]} */ ([...cell.parentElement?.children ?? []])) {
    if (other === cell) return at;
    at += other.colSpan || 1;
  }
  return -1;
}

/**
 * Returns the heading of a column: from the first line of headings up to the first line below it
 * that is none.
 *
 * @param {PageElement[]} rows All lines of the grid.
 * @param {number} at The column.
 * @param {(line: PageElement) => boolean} heads Whether a line holds headings.
 * @returns {PageElement | undefined}
 */
function columnHeading(rows, at, heads) {
  const top = rows.findIndex(heads);
  if (top < 0) return undefined;
  const below = rows.slice(top);
  const end = below.findIndex((one, row) => row && !(heads(one) && !one.querySelector("td")));
  return headingCells(below.slice(0, end < 0 ? 1 : end))[at];
}

/**
 * Returns where a field is in a grid; in none where it is outside of all of them.
 *
 * @param {Look} look
 * @param {PageElement} element
 * @returns {GridPlace}
 */
export function gridPlaceOf(look, element) {
  const cell = closest(element, CELL), table = cell && closest(cell, GRID);
  if (!cell || !table) return { grid: -1, line: -1, header: "", row: "" };
  const row = closest(cell, LINE);
  const rows = /** @type {PageElement[]} */ ([...table.querySelectorAll(LINE)])
    .filter(one => closest(one, GRID) === table);
  /** @param {PageElement} one */
  const heads = one => one !== row && Boolean(one.querySelector("th, [role=columnheader]"))
    && !look.filled.has(one) && !one.querySelector(FIELDS) && one.children.length > 1;
  const over = columnHeading(rows, columnOf(cell), heads);
  const first = /** @type {PageElement} */ (row?.querySelector("th, [role=rowheader]"));
  const lines = rows.filter(one => look.filled.has(one) || one.querySelector(FIELDS));
  if (!look.grids.includes(table)) look.grids.push(table);
  return {
    grid: look.grids.indexOf(table),
    line: row ? lines.indexOf(row) : -1,
    header: over ? squeeze(over.innerText) : "",
    row: first && first !== cell ? squeeze(first.innerText) : "",
  };
}
