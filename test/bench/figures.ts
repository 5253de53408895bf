import type { Cell } from './cells.ts';
import type { Window } from './load.ts';

/** What one window came to. */
export interface Figures {
  readonly recordsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** The same, with what it cost the process in the middle. */
export interface CostFigures extends Figures {
  readonly cpuUsPerRecord: number;
  readonly peakRssBytes: number;
}

/** All figures of one cell; medians of the rounds. */
export interface CellFigures {
  readonly cell: Cell;
  readonly sidecar: CostFigures;
  readonly relay: CostFigures;
  readonly direct: Figures;
  /** CPU a record, the sidecar's by the relay's. */
  readonly ratio: number;
}

/** The most that the sidecar may hold through the matrix, and idle. */
export const MAX_RSS_BYTES = 256 * 2 ** 20;
/** @see MAX_RSS_BYTES */
export const MAX_IDLE_RSS_BYTES = 90 * 2 ** 20;

/** What the bench writes as JSON. */
export interface Report {
  readonly node: string;
  readonly cpus: number;
  readonly rounds: number;
  readonly windowMs: number;
  readonly cells: readonly CellFigures[];
  /** The most that each held at any moment. */
  readonly maxRssBytes: { readonly sidecar: number; readonly relay: number };
  /** The bundle with nothing to do; undefined where there is no bundle. */
  readonly idleRssBytes: number | undefined;
  readonly misses: readonly string[];
}

/** The value in the middle; of an even number of them the upper one. */
function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** Throughput and latency of one window. */
export function figuresOf({ batches, seconds, latenciesMs }: Window, records: number): Figures {
  return {
    recordsPerSecond: (batches * records) / seconds,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
  };
}

function middle(rounds: readonly Figures[]): Figures {
  return {
    recordsPerSecond: median(rounds.map(({ recordsPerSecond }) => recordsPerSecond)),
    p50Ms: median(rounds.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(rounds.map(({ p99Ms }) => p99Ms)),
  };
}

/** The median of each figure by itself; of the memory the most. */
export function medians(rounds: readonly CostFigures[]): CostFigures {
  return {
    ...middle(rounds),
    cpuUsPerRecord: median(rounds.map(({ cpuUsPerRecord }) => cpuUsPerRecord)),
    peakRssBytes: Math.max(...rounds.map(({ peakRssBytes }) => peakRssBytes)),
  };
}
