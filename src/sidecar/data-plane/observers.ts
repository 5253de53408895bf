import type { Stage } from '../routing/graph.ts';
import type { BatchAcks } from '../wire/writer.ts';
import type { HopObserver } from './hop.ts';
import type { Tally } from './ledger.ts';
import type { DataPlaneMetrics } from './metrics.ts';
import type { PushObserver } from './push-stream.ts';
import type { ReceiveObserver } from './receive.ts';
import type { WaitObserver } from './stage-runner.ts';

/** Totals of one stage since the sidecar started, for the router. */
export interface StageTotals {
  records: number;
  errors: number;
  /** A moving average. */
  latencyMs: number;
}

/** Counts what happens on the flows of one pipeline. */
export class PipelineObserver implements HopObserver, WaitObserver {
  readonly totals = new Map<string, StageTotals>();
  readonly #metrics: DataPlaneMetrics;
  readonly #pipeline: string;

  constructor(metrics: DataPlaneMetrics, pipeline: string) {
    this.#metrics = metrics;
    this.#pipeline = pipeline;
  }

  called({ id: stage }: Stage, ms: number, answer: Parameters<HopObserver['called']>[2]): void {
    const labels = { pipeline: this.#pipeline, stage };
    this.#metrics.callSeconds.observe(labels, ms / 1_000);
    this.#metrics.calls.inc({ ...labels, outcome: answer.kind === 'answered' ? 'OK' : answer.error.code });
    const totals = this.#totalsOf(stage);
    totals.latencyMs += (ms - totals.latencyMs) / 8;
    if (answer.kind === 'answered') {
      totals.records += answer.outcomes.length;
      if (answer.unexpected > 0) this.#metrics.unexpected.inc(labels, answer.unexpected);
    } else totals.errors++;
  }

  retried({ id: stage }: Stage): void {
    this.#metrics.retries.inc({ pipeline: this.#pipeline, stage });
  }

  waited(stage: string, laneMs: number, placeMs: number): void {
    const { blockedSeconds } = this.#metrics;
    if (laneMs > 0) blockedSeconds.inc({ pipeline: this.#pipeline, stage, cause: 'lane' }, laneMs / 1_000);
    if (placeMs > 0) blockedSeconds.inc({ pipeline: this.#pipeline, stage, cause: 'stage' }, placeMs / 1_000);
  }

  /** A batch is done. */
  acknowledged(acks: BatchAcks, ms: number): void {
    const { succeeded, failed, returned } = tallyOf(acks);
    const { acknowledged, batchSeconds } = this.#metrics;
    const pipeline = this.#pipeline;
    batchSeconds.observe({ pipeline }, ms / 1_000);
    if (succeeded > 0) acknowledged.inc({ pipeline, status: 'success' }, succeeded);
    if (failed > 0) acknowledged.inc({ pipeline, status: 'failed' }, failed);
    if (returned > 0) acknowledged.inc({ pipeline, status: 'retry' }, returned);
  }

  #totalsOf(stage: string): StageTotals {
    let totals = this.totals.get(stage);
    if (totals === undefined) {
      totals = { records: 0, errors: 0, latencyMs: 0 };
      this.totals.set(stage, totals);
    }
    return totals;
  }
}

/**
 * Counts what happens at the doors.
 * @param isAssigned whether a pipeline still has series: one that was revoked must not get them again.
 */
export function doorObserver(
  metrics: DataPlaneMetrics,
  via: 'push' | 'peer',
  isAssigned: (pipeline: string) => boolean,
): PushObserver & ReceiveObserver {
  return {
    received(bytes) {
      metrics.received.inc({ via });
      metrics.receivedBytes.inc({ via }, bytes);
    },
    refused: ({ code }) => metrics.refused.inc({ code }),
    granted(pipeline, credits) {
      if (isAssigned(pipeline)) metrics.creditsGranted.inc({ pipeline }, credits);
    },
    waitedForBudget(pipeline, ms) {
      if (isAssigned(pipeline))
        metrics.blockedSeconds.inc({ pipeline, stage: '', cause: 'budget' }, ms / 1_000);
    },
  };
}

/** Sums up what one batch did, for those who count. */
function tallyOf({
  records,
  exceptions,
}: BatchAcks): Pick<Tally, 'failed' | 'returned'> & { succeeded: number } {
  let failed = 0;
  for (const { status } of exceptions.values()) if (status === 'failed') failed++;
  return { failed, returned: exceptions.size - failed, succeeded: records.length - exceptions.size };
}
