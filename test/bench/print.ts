import { nameOf } from './cells.ts';
import { type CellFigures, MAX_IDLE_RSS_BYTES, MAX_RSS_BYTES, type Report } from './figures.ts';

const COLUMNS = [
  'records x in flight',
  'CPU us/record',
  'relay',
  'ratio',
  'target',
  'records/s',
  'relay',
  'direct',
  'p50 ms',
  'relay',
  'direct',
  'p99 ms',
  'relay',
  'direct',
  'RSS MiB',
  'relay',
];

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
const fixed = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);

function rowOf({ cell, sidecar, relay, direct, ratio }: CellFigures): string[] {
  return [
    nameOf(cell),
    fixed(sidecar.cpuUsPerRecord),
    fixed(relay.cpuUsPerRecord),
    ratio.toFixed(3),
    `${cell.under ? '<' : '<='} ${cell.maxRatio}`,
    ...[sidecar, relay, direct].map(({ recordsPerSecond }) => recordsPerSecond.toFixed(0)),
    ...[sidecar, relay, direct].map(({ p50Ms }) => fixed(p50Ms)),
    ...[sidecar, relay, direct].map(({ p99Ms }) => fixed(p99Ms)),
    mib(sidecar.peakRssBytes),
    mib(relay.peakRssBytes),
  ];
}

/** What the report says, as a table for people. */
export function table(cells: readonly CellFigures[]): string {
  const rows = [COLUMNS, ...cells.map(rowOf)];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(([name = '', ...values]) =>
      [name.padEnd(widths[0]!), ...values.map((value, index) => value.padStart(widths[index + 1]!))].join(
        '  ',
      ),
    )
    .join('\n');
}

/** The lines below the table. */
export function summary({ maxRssBytes, idleRssBytes, misses, node, cpus }: Report): string {
  const idle = idleRssBytes === undefined ? 'not measured: no bundle' : `${mib(idleRssBytes)} MiB`;
  return [
    `RSS at most: sidecar ${mib(maxRssBytes.sidecar)} MiB, relay ${mib(maxRssBytes.relay)} MiB`,
    `RSS idle, from the bundle: ${idle}`,
    `Node ${node}, ${cpus} CPUs`,
    misses.length === 0 ? 'every target is met' : `missed: ${misses.join('; ')}`,
  ].join('\n');
}

/** The targets that were not met. */
export function missesOf({ cells, maxRssBytes, idleRssBytes }: Omit<Report, 'misses'>): string[] {
  const misses = cells
    .filter(({ cell, ratio }) => !(cell.under ? ratio < cell.maxRatio : ratio <= cell.maxRatio))
    .map(({ cell, ratio }) => `${nameOf(cell)}: ${ratio.toFixed(3)} of the relay's CPU`);
  if (maxRssBytes.sidecar >= MAX_RSS_BYTES) misses.push(`RSS ${mib(maxRssBytes.sidecar)} MiB`);
  if (idleRssBytes !== undefined && idleRssBytes >= MAX_IDLE_RSS_BYTES)
    misses.push(`RSS idle ${mib(idleRssBytes)} MiB`);
  return misses;
}
