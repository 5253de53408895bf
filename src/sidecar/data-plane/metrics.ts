import type { Registry } from 'prom-client';
import { type CollectedMetrics, collectedMetrics } from '../../foundation/telemetry/collected.ts';
import type { DoorCounts, PipelineCounts, StageCounts } from './counts.ts';
import { LEDGER_TERMS, type Ledger } from './ledger.ts';

/** What is shown of a pipeline, for as long as it is assigned or runs. */
interface CountedPipeline {
  readonly ledger: Ledger;
  readonly counts: PipelineCounts;
}

/** What is shown at a scrape, read from where it is kept anyway: the way of a record pays nothing for it. */
export interface DataPlaneState {
  readonly pipelines: ReadonlyMap<string, CountedPipeline>;
  readonly doors: { readonly push: DoorCounts; readonly peer: DoorCounts };
  budget(): { usedBytes: number; totalBytes: number; waiting: number };
  /** 0: serving, 1: inbound drain, 2: outbound drain. */
  drainPhase(): number;
  streams(): number;
  /** Records that wait, by pipeline and stage. */
  buffered(): readonly { pipeline: string; stage: string; records: number }[];
}

/** Registers the series of the data plane. */
export function addDataPlaneMetrics(registry: Registry, state: DataPlaneState): void {
  const metrics = collectedMetrics(registry, 'conveyor_sidecar');
  addDoors(metrics, state);
  addPipelines(metrics, state);
  addStages(metrics, state);
  addState(metrics, state);
}

function addDoors({ counter }: CollectedMetrics, { doors }: DataPlaneState): void {
  const ways = (): [keyof typeof doors, DoorCounts][] => [
    ['push', doors.push],
    ['peer', doors.peer],
  ];
  counter('batches_received_total', 'Batches received, by way: push or peer', ['via'], (show) => {
    for (const [via, { batches }] of ways()) show({ via }, batches);
  });
  counter('received_bytes_total', 'Bytes of batches received, by way: push or peer', ['via'], (show) => {
    for (const [via, { bytes }] of ways()) show({ via }, bytes);
  });
  counter('refused_batches_total', 'Batches refused at the door, by code', ['code'], (show) => {
    for (const [, { refusals }] of ways()) for (const [code, times] of refusals) show({ code }, times);
  });
}

function addPipelines({ counter, gauge, histogram }: CollectedMetrics, { pipelines }: DataPlaneState): void {
  counter(
    'records_total',
    'Copies of records by the terms of the conservation ledger',
    ['pipeline', 'state'],
    (show) => {
      for (const [pipeline, { ledger }] of pipelines)
        for (const state of LEDGER_TERMS) show({ pipeline, state }, ledger.totals[state]);
    },
  );
  gauge('in_flight_records', 'Copies of records on their way, counted one by one', ['pipeline'], (show) => {
    for (const [pipeline, { ledger }] of pipelines) show({ pipeline }, ledger.inFlight);
  });
  gauge(
    'unaccounted_records',
    'Copies of records that the conservation ledger cannot account for. Must be 0',
    ['pipeline'],
    (show) => {
      for (const [pipeline, { ledger }] of pipelines) show({ pipeline }, ledger.unaccounted);
    },
  );
  counter(
    'acknowledged_records_total',
    'Records acknowledged to their sender, by status',
    ['pipeline', 'status'],
    (show) => {
      for (const [pipeline, { counts }] of pipelines)
        for (const [status, records] of Object.entries(counts.acknowledgedRecords))
          show({ pipeline, status }, records);
    },
  );
  counter('credits_granted_total', 'Credits granted to sources, in records', ['pipeline'], (show) => {
    for (const [pipeline, { counts }] of pipelines) show({ pipeline }, counts.creditsGranted);
  });
  histogram('batch_seconds', 'Time from a batch at the door to its acknowledgement', ['pipeline'], () =>
    [...pipelines].map(([pipeline, { counts }]) => ({
      labels: { pipeline },
      distribution: counts.batchSeconds,
    })),
  );
}

function addStages({ counter, histogram }: CollectedMetrics, { pipelines }: DataPlaneState): void {
  const stages = (): { labels: { pipeline: string; stage: string }; counts: StageCounts }[] =>
    [...pipelines].flatMap(([pipeline, { counts }]) =>
      [...counts.stages].map(([stage, each]) => ({ labels: { pipeline, stage }, counts: each })),
    );
  counter(
    'stage_calls_total',
    'Calls to stages, local and remote, by outcome',
    ['pipeline', 'stage', 'outcome'],
    (show) => {
      for (const { labels, counts } of stages()) {
        show({ ...labels, outcome: 'OK' }, counts.answered);
        for (const [outcome, calls] of counts.failed) show({ ...labels, outcome }, calls);
      }
    },
  );
  histogram('stage_call_seconds', 'Duration of calls to stages', ['pipeline', 'stage'], () =>
    stages().map(({ labels, counts }) => ({ labels, distribution: counts.callSeconds })),
  );
  counter('retries_total', 'Calls to stages that were made again', ['pipeline', 'stage'], (show) => {
    for (const { labels, counts } of stages()) show(labels, counts.retries);
  });
  counter(
    'unexpected_results_total',
    'Results of stages for records that were not sent to them; they are ignored',
    ['pipeline', 'stage'],
    (show) => {
      for (const { labels, counts } of stages()) show(labels, counts.unexpected);
    },
  );
  counter(
    'blocked_seconds_total',
    'Time that batches waited, by cause: lane, stage, budget',
    ['pipeline', 'stage', 'cause'],
    (show) => {
      for (const { labels, counts } of stages()) {
        show({ ...labels, cause: 'lane' }, counts.laneMs / 1_000);
        show({ ...labels, cause: 'stage' }, counts.placeMs / 1_000);
      }
      for (const [pipeline, { counts }] of pipelines)
        show({ pipeline, stage: '', cause: 'budget' }, counts.budgetMs / 1_000);
    },
  );
}

function addState({ gauge }: CollectedMetrics, state: DataPlaneState): void {
  gauge('buffered_records', 'Records that wait at a stage', ['pipeline', 'stage'], (show) => {
    for (const { pipeline, stage, records } of state.buffered()) show({ pipeline, stage }, records);
  });
  const value = (name: string, help: string, read: () => number): void =>
    gauge(name, help, [], (show) => show({}, read()));
  value('in_flight_bytes', 'Bytes of records in flight', () => state.budget().usedBytes);
  value('byte_budget_bytes', 'Bytes of records that may be in flight', () => state.budget().totalBytes);
  value('budget_waiting_messages', 'Messages that wait for the byte budget', () => state.budget().waiting);
  value('drain_phase', '0: serving; 1: inbound drain; 2: outbound drain', () => state.drainPhase());
  value('push_streams', 'Open PushRecords streams', () => state.streams());
}
