type Cell = string | number | null;

const text = (cell: Cell | undefined): string =>
  typeof cell === 'number' ? cell.toLocaleString('en') : (cell ?? '');

/** Rows as aligned columns, numbers to the right; the first row is the heading. No line ends in spaces. */
export function table(rows: readonly (readonly Cell[])[], indent = '  '): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => text(row[column]).length)));
  const numeric = widths.map((_, column) => rows.slice(1).every((row) => typeof row[column] === 'number'));
  return rows
    .map((row) =>
      widths
        .map((width, column) => {
          const cell = text(row[column]);
          return numeric[column] === true ? cell.padStart(width) : cell.padEnd(width);
        })
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${indent}${line}\n`)
    .join('');
}
