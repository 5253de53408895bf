import type { Load } from './load.ts';

/** What a cell of the matrix is held to: CPU of the sidecar a record, as a share of the relay's. */
export interface Cell extends Load {
  readonly maxRatio: number;
  /** Whether the ratio has to stay under the figure, rather than at it or below. */
  readonly under: boolean;
}

/** How long the bench measures. */
export interface Plan {
  readonly cells: readonly Cell[];
  /** Sidecar and relay in turn, so often; medians are taken. */
  readonly rounds: number;
  readonly windowMs: number;
}

const RECORDS = [1, 10, 100, 1_000];
const IN_FLIGHT = [1, 16, 64];

/** No cell may cost more than this share of the relay's CPU. */
const ANYWHERE = 1.1;

function cellOf({ records, inFlight, partitions }: Load): Cell {
  const load = { records, inFlight, partitions };
  if (records === 100 && inFlight === 16) return { ...load, maxRatio: 0.25, under: false };
  if (records === 10 && inFlight === 16) return { ...load, maxRatio: 0.5, under: true };
  if (partitions === 'one') return { ...load, maxRatio: 0.5, under: true };
  return { ...load, maxRatio: ANYWHERE, under: false };
}

/** The whole matrix, or the cells that have targets of their own. */
export function planOf({ quick }: { quick: boolean }): Plan {
  const matrix = RECORDS.flatMap((records) =>
    IN_FLIGHT.map((inFlight): Load => ({ records, inFlight, partitions: 'many' })),
  );
  const onePartition: Load = { records: 1, inFlight: 16, partitions: 'one' };
  const cells = [...matrix, onePartition].map(cellOf);
  if (!quick) return { cells, rounds: 11, windowMs: 500 };
  const corners = cells.filter(({ maxRatio, records, inFlight }) => maxRatio < 1 || records * inFlight === 1);
  return { cells: corners, rounds: 5, windowMs: 500 };
}

/** How a cell is called in tables. */
export function nameOf({ records, inFlight, partitions }: Load): string {
  return `${records} x ${inFlight}${partitions === 'one' ? ', one partition' : ''}`;
}
