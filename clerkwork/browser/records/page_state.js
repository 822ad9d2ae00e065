// Reads what a frame shows in one go: words with the value next to them, tables, warnings.

import { headingCells } from "../locate/columns.js";
import { all, squeeze } from "../locate/dom.js";
import { GRID, LINE } from "../locate/selectors.js";
import { whenSettled } from "../page/settled.js";
import { FIELD, cellText, isShown, pairsOfLines, readPairs } from "./pairs.js";

/** @typedef {import("../locate/dom.js").PageElement} PageElement */
/** @typedef {import("./pairs.js").Pair} Pair */

/**
 * A table as it is read; `place` is that of the row for `keptRow`.
 *
 * @typedef {object} ReadTable
 * @property {string[]} headers
 * @property {{place: number, cells: string[], link: string}[]} rows
 */

const LONGEST = 50000; // characters of the frame's text

/**
 * Returns the cells of a line by columns; where a cell spans several, nothing in those after it.
 *
 * @param {PageElement} line
 * @returns {(PageElement | undefined)[]}
 */
function cellsOf(line) {
  return /** @type {PageElement[]} */ ([...line.children]).flatMap(
    cell => [cell, ...Array(Math.max(0, (cell.colSpan || 1) - 1))]);
}

/**
 * Returns the lines of a table that hold its headings.
 *
 * @param {PageElement[]} lines All lines of it.
 * @returns {PageElement[]}
 */
function headingLines(lines) {
  const alone = lines.length > 1 && lines.every(line => cellsOf(line).length === 1);
  /** @param {PageElement} line */
  const heads = line => line.querySelector("th, [role=columnheader]")
    && (line.children.length > 1 || alone)
    && ![...line.children].some(cell => cell.tagName === "TD");
  const first = lines.findIndex(heads);
  const top = first < 0 ? [] : lines.slice(first);
  const end = top.findIndex((line, at) => at && (!heads(line) || line.querySelector(FIELD)));
  return end > 0 ? top.slice(0, end) : top;
}

/**
 * Returns a table with its rows, which are kept for `keptRow`.
 *
 * @param {PageElement[]} lines
 * @param {PageElement[]} top Those with the headings.
 * @returns {ReadTable}
 */
function readTable(lines, top) {
  const rows = lines.filter(line => !top.includes(line) && !line.closest("tfoot")
    && line.querySelector("td, [role=gridcell]"));
  return {
    headers: headingCells(top).map(cell => squeeze(cell?.innerText || cell?.title)),
    rows: rows.map(line => {
      const link = /** @type {HTMLAnchorElement | null} */ (
        line.querySelector("a[href]:not([href='#'])"));
      return { place: window.__clerkworkRows.push(line) - 1, link: link?.href || "",
        cells: cellsOf(line).map(cell => cell ? cellText(cell) : "") };
    }),
  };
}

/**
 * Reads a document or shadow root, and all shadow roots in it.
 *
 * @param {Document | ShadowRoot} root
 * @param {Pair[]} pairs
 * @param {ReadTable[]} tables
 */
function readRoot(root, pairs, tables) {
  pairs.push(...readPairs(root));
  for (const table of all(root, GRID).filter(isShown)) {
    const lines = all(table, LINE).filter(line => line.closest(GRID) === table && isShown(line));
    const top = headingLines(lines);
    if (top.length) tables.push(readTable(lines, top));
    else pairs.push(...pairsOfLines(lines));
  }
  for (const host of all(root, "*")) if (host.shadowRoot) readRoot(host.shadowRoot, pairs, tables);
}

/**
 * Reads what this frame shows.
 *
 * @returns The words and values, the tables, the warnings, the text, and whether it asks for a
 *   password.
 */
export function readState() {
  /** @type {Pair[]} */
  const pairs = [];
  /** @type {ReadTable[]} */
  const tables = [];
  window.__clerkworkRows = [];
  readRoot(document, pairs, tables);
  const alerts = all(document, "[role=alert]").filter(isShown)
    .map(part => squeeze(part.innerText)).filter(Boolean);
  return { pairs, tables, alerts, text: (document.body?.innerText || "").trim().slice(0, LONGEST),
    asks: all(document, "input[type=password]").some(isShown) };
}

/**
 * Reads what this frame shows when it has nothing left to do.
 *
 * @param {number} limit In milliseconds.
 * @returns As `readState`; null where it is still at work after the limit.
 */
export async function readSettledState(limit) {
  return await whenSettled(limit) ? readState() : null;
}

/**
 * Returns the row at a place of the last reading.
 *
 * @param {number} place
 * @returns {Element | undefined}
 */
export function keptRow(place) {
  return window.__clerkworkRows[place];
}
