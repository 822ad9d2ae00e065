// The cell that heads each column of a table whose headings stand in these lines: the lowest one,
// where a heading goes over several columns and others stand under it.
lines => {
  const lowest = [], taken = lines.map(() => []);
  for (const [row, line] of lines.entries()) {
    let at = 0;
    for (const cell of line.children) {
      while (taken[row][at]) at += 1;
      for (let across = 0; across < (cell.colSpan || 1); across += 1, at += 1) {
        if (!across) lowest[at] = cell;
        taken.slice(row, row + (cell.rowSpan || 1)).forEach(one => { one[at] = true; });
      }
    }
  }
  return [...lowest];
}
