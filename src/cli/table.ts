/** One cell of a table. Numbers stand to the right. */
export type Cell = string | number;

const MAX_CELL = 80;

const textOf = (cell: Cell | undefined): string => {
  const text = typeof cell === 'number' ? cell.toLocaleString('en') : (cell ?? '');
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL - 1)}…` : text;
};

interface Column {
  readonly heading: string;
  readonly texts: readonly string[];
  readonly toRight: boolean;
}

/**
 * Rows as aligned columns under upper-case headings. A column without any content is left out, and no line ends in
 * spaces.
 */
export function renderTable(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const columns = headings.flatMap((heading, index): Column[] => {
    const cells = rows.map((row) => row[index] ?? '');
    const toRight = cells.every((cell) => typeof cell === 'number');
    const texts = cells.map(textOf);
    return texts.every((text) => text === '') ? [] : [{ heading: heading.toUpperCase(), texts, toRight }];
  });
  const padded = columns.map(({ heading, texts, toRight }) => {
    const all = [heading, ...texts];
    const width = Math.max(...all.map(({ length }) => length));
    return all.map((text) => (toRight ? text.padStart(width) : text.padEnd(width)));
  });
  const lines = (padded[0] ?? []).map((_, line) => padded.map((column) => column[line]).join('  '));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}
