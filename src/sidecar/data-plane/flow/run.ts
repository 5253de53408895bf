import type { StageCall } from '../../routing/call.ts';
import type { Graph, Stage } from '../../routing/graph.ts';
import { type ByteRange, laneKey, type RecordOutline, sameLane } from '../../wire/outline.ts';
import type { Held } from '../byte-budget.ts';
import type { Acknowledgement } from './acknowledgement.ts';

/** A batch on its way over one graph, from the door to its acknowledgement. */
export interface Run {
  readonly graph: Graph;
  /** Sidecars that it has come through before this one. */
  readonly hops: number;
  readonly trace: StageCall['trace'];
  /** Whether what leaves for a stage elsewhere is sent there. A peer that sends to every stage by itself says no. */
  readonly forwards: boolean;
  /** The lanes that it stands in; none without order. Outputs stay in them until they leave the sidecar. */
  readonly lanes: readonly string[];
  /** Monotonic milliseconds by which it has to be answered; Infinity where only calls are timed. */
  readonly answerBy: number;
  readonly acknowledgement: Acknowledgement;
  /** What waits at a stage. */
  readonly waiting: Set<Parcel>;
  /** Out of time: nothing of it goes on. */
  over: boolean;
}

/** Records of one run on their way to one stage. */
export interface Parcel {
  readonly run: Run;
  readonly stage: Stage;
  readonly records: readonly RecordOutline[];
  /** For each record the index of the record of the batch that it derives from. */
  readonly roots: readonly number[];
  /** Whether each record's id stands in one of the run's lanes: then no batch of other lanes has it. */
  readonly inLanes: boolean;
  /** The sender's own, while the batch is whole; else empty. */
  readonly batchId: string;
  readonly watermark: ByteRange | undefined;
  /** The memory that its records lie in, if it is theirs alone. */
  readonly held: Held | undefined;
  /** Milliseconds of calls and retries that are left to it on this path. */
  leftMs: number;
  /** Records that were taken into calls already: a batch too large for one call goes in parts. */
  taken: number;
  /** Records whose outcome is known. */
  settled: number;
  /** Lanes in which it stands first. */
  firstIn: number;
  readonly queuedAt: number;
  readyAt: number;
}

/** Some of the records of a parcel, in one call. */
export interface Part {
  readonly parcel: Parcel;
  readonly from: number;
  readonly to: number;
}

/** Counts from 0 on: what the records of a batch derive from, when none was left out. Longer than asked for, and shared. */
const COUNTING: number[] = [];

/** For each of the first records of a batch its own index. */
export function ownRoots(records: number): readonly number[] {
  for (let next = COUNTING.length; next < records; next++) COUNTING.push(next);
  return COUNTING;
}

/** Whether it ends its parcel. */
export function isLast({ parcel, to }: Part): boolean {
  return to === parcel.records.length;
}

/** Milliseconds that are left for calls. */
export function leftMs({ run, leftMs }: Parcel, now: number): number {
  return Math.min(leftMs, run.answerBy - now);
}

/** The lanes of some records: one for each source_id and partition among them (semantics.md, "Order"). */
export function lanesOf(records: readonly RecordOutline[]): string[] {
  const lanes = new Set<string>();
  let previous: RecordOutline['id'];
  for (const { id } of records) {
    if (id === undefined || (previous !== undefined && sameLane(previous, id))) continue;
    previous = id;
    lanes.add(laneKey(id));
  }
  return [...lanes];
}
