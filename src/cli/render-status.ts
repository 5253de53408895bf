import { formatBytes, formatMs } from '../foundation/config/value-type.ts';
import { type Cell, renderTable } from './table.ts';

type Row = Readonly<Record<string, unknown>>;

const isRow = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isRows = (value: unknown): value is readonly Row[] =>
  Array.isArray(value) && value.length > 0 && value.every(isRow);
const isShort = (value: unknown): boolean =>
  !isRows(value) && !(isRow(value) && Object.values(value).some(isRow));

/** `leaseLeftMs` -> `lease left`: units are in the values. */
const words = (key: string): string =>
  key
    .replace(/(Ms|Bytes|Seconds)$/, '')
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();

function numberText(key: string, value: number): Cell {
  if (key.endsWith('Ms'))
    return value < 1_000 ? `${Math.round(value)}ms` : formatMs(Math.round(value / 1_000) * 1_000);
  if (key.endsWith('Seconds')) return formatMs(Math.round(value) * 1_000);
  if (key.endsWith('Bytes')) return formatBytes(value);
  // a name that happens to be a number: no separators, not to the right
  if (/(port|generation|version)$/i.test(key)) return String(value);
  return Number.isInteger(value) ? value : Number(value.toPrecision(3));
}

/** One value in one cell; the key's unit decides how a number is read. */
function cellOf(key: string, value: unknown): Cell {
  if (value === null || value === undefined || value === false) return '';
  if (value === true) return 'yes';
  if (typeof value === 'number') return numberText(key, value);
  if (typeof value === 'string')
    return /Hash$|^instance$/.test(key) ? value.slice(0, 12) : value.replaceAll(/\s+/g, ' ');
  if (Array.isArray(value)) return value.map((each) => String(cellOf('', each))).join(', ');
  return Object.entries(value)
    .map(([name, each]) => `${words(name)} ${cellOf(name, each)}`)
    .join(', ');
}

const asRows = (value: unknown): Row[] => (Array.isArray(value) ? value : [value]).filter(isRow);

interface Section {
  readonly title: string;
  readonly body: string;
}

/** Rows as a table, and below it the rows that they hold, each beside the first column of its own row. */
function tableSections(title: string, rows: readonly Row[]): Section[] {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const flat = keys.filter((key) => rows.every((row) => isShort(row[key])));
  const body = renderTable(
    flat.map(words),
    rows.map((row) => flat.map((key) => cellOf(key, row[key]))),
  );
  const [first = ''] = flat;
  // `pipelines` -> `pipeline`: whose stage, replica or condition it is
  const owner = title.replace(/^.*: /, '').replace(/s$/, '');
  const below = keys
    .filter((key) => !flat.includes(key))
    .flatMap((key) => {
      const inner = rows.flatMap((row) => asRows(row[key]).map((each) => ({ [owner]: row[first], ...each })));
      return tableSections(`${title}: ${words(key)}`, inner);
    });
  return [{ title, body }, ...below];
}

function objectSections(title: string, value: Row): Section[] {
  const entries = Object.entries(value);
  const lines = entries
    .filter(([, each]) => !isRow(each) && !isRows(each))
    .map(([key, each]) => [words(key), cellOf(key, each)] as const)
    .filter(([, cell]) => cell !== '');
  const width = Math.max(0, ...lines.map(([key]) => key.length));
  const own = lines
    .map(
      ([key, cell]) =>
        `${key.padEnd(width)}  ${typeof cell === 'number' ? cell.toLocaleString('en') : cell}\n`,
    )
    .join('');
  const below = entries
    .filter(([, each]) => isRow(each) || isRows(each))
    .flatMap(([key, each]) => {
      const name = title === '' ? words(key) : `${title}: ${words(key)}`;
      return isRows(each) ? tableSections(name, each) : objectSections(name, each as Row);
    });
  return [...(own === '' ? [] : [{ title, body: own }]), ...below];
}

/** What `/statusz` gives, of whatever program: a section for each part, a table for each list. */
export function renderStatus(found: unknown): string {
  if (!isRow(found)) return `${JSON.stringify(found, undefined, 2)}\n`;
  return objectSections('', found)
    .map(({ title, body }) => (title === '' ? body : `\n${title.toUpperCase()}\n${indent(body)}`))
    .join('');
}

const indent = (text: string): string => text.replaceAll(/^(?=.)/gm, '  ');
