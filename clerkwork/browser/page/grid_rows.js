// Adding lines to a grid.

import { findFields } from "../locate/fields.js";
import { countLines } from "../locate/grid_lines.js";
import { onlyButton } from "./aim.js";
import { pressTimes } from "./controls.js";

/**
 * Presses the button that adds a line until a grid has as many as wanted, then finds all fields.
 *
 * @param {[string, string[], number, number]} order The words of the button, the headings of the
 *   grid's columns, how many lines are wanted, and the limit of each wait in milliseconds.
 * @returns As `findFields`.
 */
export async function growGrid([button, headers, wanted, limit]) {
  const missing = wanted - countLines(headers);
  if (missing <= 0 || missing === wanted) return findFields();
  const found = onlyButton(button);
  if (found) await pressTimes(found, [missing, limit]);
  return findFields();
}
