// The lines of a grid that hold fields.

import { all, squeeze } from "./dom.js";
import { newLook } from "./look.js";
import { FIELDS, GRID, LINE } from "./selectors.js";
import { isSeen } from "./visibility.js";

/**
 * Returns how many lines with fields the grid has whose columns have one of the headings.
 *
 * @param {string[]} words In small letters.
 * @returns {number} The most, where several grids have them.
 */
export function countLines(words) {
  const look = newLook();
  /** @param {string} text */
  const fold = text => squeeze(text).toLowerCase().replace(/[:：*\s]+$/, "");
  const grids = all(document, GRID).filter(grid => all(grid, "th, [role=columnheader]")
    .some(head => words.includes(fold(head.innerText))));
  return Math.max(0, ...grids.map(grid => all(grid, LINE)
    .filter(line => all(line, FIELDS).some(field => isSeen(look, field))).length));
}
