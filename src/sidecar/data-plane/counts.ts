// What happens on the way of records, counted in plain numbers; metrics.ts reads them at each scrape.
import { Distribution } from '../../foundation/telemetry/distribution.ts';
import type { Stage } from '../routing/graph.ts';
import type { BatchAcks } from '../wire/writer.ts';
import type { Refusal } from './door/door.ts';
import type { PushObserver } from './door/push-stream.ts';
import type { ReceiveObserver } from './door/receive.ts';
import type { HopObserver } from './flow/hop.ts';
import type { WaitObserver } from './flow/stage-runner.ts';

/** Totals of one stage, for the router. */
export interface StageTotals {
  records: number;
  errors: number;
  /** A moving average. */
  latencyMs: number;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What happened at one stage. */
export class StageCounts {
  readonly totals: StageTotals = { records: 0, errors: 0, latencyMs: 0 };
  readonly callSeconds = new Distribution(SECONDS);
  answered = 0;
  /** Calls that failed, by code. */
  readonly failed = new Map<string, number>();
  retries = 0;
  /** Results for records that were not sent. */
  unexpected = 0;
  /** What batches waited for order. */
  laneMs = 0;
  /** What batches waited while all places of the stage were taken. */
  placeMs = 0;
}

/** What happened on the flows of one pipeline. */
export class PipelineCounts implements HopObserver, WaitObserver {
  readonly stages = new Map<string, StageCounts>();
  readonly batchSeconds = new Distribution(SECONDS);
  /** Records acknowledged to their sender, by status. */
  readonly acknowledgedRecords = { success: 0, failed: 0, retry: 0 };
  creditsGranted = 0;
  /** What batches waited for the byte budget. */
  budgetMs = 0;

  called({ id }: Stage, ms: number, answer: Parameters<HopObserver['called']>[2]): void {
    const counts = this.#stage(id);
    const { totals } = counts;
    counts.callSeconds.observe(ms / 1_000);
    totals.latencyMs += (ms - totals.latencyMs) / 8;
    if (answer.kind === 'answered') {
      counts.answered++;
      counts.unexpected += answer.unexpected;
      totals.records += answer.outcomes.length;
    } else {
      addTo(counts.failed, answer.error.code);
      totals.errors++;
    }
  }

  retried({ id }: Stage): void {
    this.#stage(id).retries++;
  }

  waited(stage: string, laneMs: number, placeMs: number): void {
    const counts = this.#stage(stage);
    counts.laneMs += laneMs;
    counts.placeMs += placeMs;
  }

  /** A batch is done. */
  acknowledged({ records, exceptions }: BatchAcks, ms: number): void {
    this.batchSeconds.observe(ms / 1_000);
    this.acknowledgedRecords.success += records.length - exceptions.size;
    for (const { status } of exceptions.values()) this.acknowledgedRecords[status]++;
  }

  #stage(id: string): StageCounts {
    let counts = this.stages.get(id);
    if (counts === undefined) {
      counts = new StageCounts();
      this.stages.set(id, counts);
    }
    return counts;
  }
}

/** What happened at a door. */
export class DoorCounts implements PushObserver, ReceiveObserver {
  batches = 0;
  bytes = 0;
  /** Batches that were refused, by code. */
  readonly refusals = new Map<string, number>();
  readonly #countsOf: (pipeline: string) => PipelineCounts | undefined;

  /** @param countsOf of a pipeline that is assigned: one that was revoked must not get series again. */
  constructor(countsOf: (pipeline: string) => PipelineCounts | undefined) {
    this.#countsOf = countsOf;
  }

  received(bytes: number): void {
    this.batches++;
    this.bytes += bytes;
  }

  refused({ code }: Refusal): void {
    addTo(this.refusals, code);
  }

  granted(pipeline: string, credits: number): void {
    const counts = this.#countsOf(pipeline);
    if (counts !== undefined) counts.creditsGranted += credits;
  }

  waitedForBudget(pipeline: string, ms: number): void {
    const counts = this.#countsOf(pipeline);
    if (counts !== undefined) counts.budgetMs += ms;
  }
}

function addTo(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
