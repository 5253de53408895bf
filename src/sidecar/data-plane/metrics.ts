import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Ledger } from './ledger.ts';
import { LEDGER_TERMS } from './ledger.ts';

/** What is shown at a scrape, read from where it is kept anyway: the way of a record pays nothing for it. */
export interface DataPlaneState {
  ledgers(): ReadonlyMap<string, Ledger>;
  budget(): { usedBytes: number; totalBytes: number; waiting: number };
  /** 0: serving, 1: inbound drain, 2: outbound drain. */
  drainPhase(): number;
  streams(): number;
  /** Records that wait, by pipeline and stage. */
  buffered(): readonly { pipeline: string; stage: string; records: number }[];
}

/** The series of the data plane. */
export interface DataPlaneMetrics {
  readonly received: Counter<'via'>;
  readonly receivedBytes: Counter<'via'>;
  readonly calls: Counter<'pipeline' | 'stage' | 'outcome'>;
  readonly callSeconds: Histogram<'pipeline' | 'stage'>;
  readonly retries: Counter<'pipeline' | 'stage'>;
  readonly unexpected: Counter<'pipeline' | 'stage'>;
  readonly acknowledged: Counter<'pipeline' | 'status'>;
  readonly batchSeconds: Histogram<'pipeline'>;
  /** By cause: `lane`, order; `stage`, all its places are taken; `budget`, bytes. */
  readonly blockedSeconds: Counter<'pipeline' | 'stage' | 'cause'>;
  readonly creditsGranted: Counter<'pipeline'>;
  readonly refused: Counter<'code'>;
  /** Removes the series of a pipeline that is gone. */
  forget(pipeline: string): void;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

function addStateGauges(registry: Registry, state: DataPlaneState): void {
  const registers = [registry];
  new Counter({
    name: 'conveyor_sidecar_records_total',
    help: 'Copies of records by the terms of the conservation ledger',
    labelNames: ['pipeline', 'state'],
    registers,
    collect() {
      this.reset();
      for (const [pipeline, { totals }] of state.ledgers()) {
        for (const term of LEDGER_TERMS) this.inc({ pipeline, state: term }, totals[term]);
      }
    },
  });
  const gauge = (name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => void): void => {
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        collect(this);
      },
    });
  };
  gauge(
    'conveyor_sidecar_in_flight_records',
    'Copies of records on their way, counted one by one',
    ['pipeline'],
    (g) => {
      for (const [pipeline, ledger] of state.ledgers()) g.set({ pipeline }, ledger.inFlight);
    },
  );
  gauge(
    'conveyor_sidecar_unaccounted_records',
    'Copies of records that the conservation ledger cannot account for. Must be 0',
    ['pipeline'],
    (g) => {
      for (const [pipeline, ledger] of state.ledgers()) g.set({ pipeline }, ledger.unaccounted);
    },
  );
  gauge('conveyor_sidecar_buffered_records', 'Records that wait at a stage', ['pipeline', 'stage'], (g) => {
    for (const { pipeline, stage, records } of state.buffered()) g.set({ pipeline, stage }, records);
  });
  gauge('conveyor_sidecar_in_flight_bytes', 'Bytes of records in flight', [], (g) =>
    g.set(state.budget().usedBytes),
  );
  gauge('conveyor_sidecar_byte_budget_bytes', 'Bytes of records that may be in flight', [], (g) =>
    g.set(state.budget().totalBytes),
  );
  gauge('conveyor_sidecar_budget_waiting_messages', 'Messages that wait for the byte budget', [], (g) =>
    g.set(state.budget().waiting),
  );
  gauge('conveyor_sidecar_drain_phase', '0: serving; 1: inbound drain; 2: outbound drain', [], (g) =>
    g.set(state.drainPhase()),
  );
  gauge('conveyor_sidecar_push_streams', 'Open PushRecords streams', [], (g) => g.set(state.streams()));
}

/** Registers the series of the data plane. */
export function dataPlaneMetrics(registry: Registry, state: DataPlaneState): DataPlaneMetrics {
  addStateGauges(registry, state);
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: L[]): Counter<L> =>
    new Counter({ name: `conveyor_sidecar_${name}`, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, labelNames: L[]): Histogram<L> =>
    new Histogram({ name: `conveyor_sidecar_${name}`, help, labelNames, registers, buckets: SECONDS });

  const series = {
    received: counter('batches_received_total', 'Batches received, by way: push or peer', ['via']),
    receivedBytes: counter('received_bytes_total', 'Bytes of batches received, by way: push or peer', [
      'via',
    ]),
    calls: counter('stage_calls_total', 'Calls to stages, local and remote, by outcome', [
      'pipeline',
      'stage',
      'outcome',
    ]),
    callSeconds: histogram('stage_call_seconds', 'Duration of calls to stages', ['pipeline', 'stage']),
    retries: counter('retries_total', 'Calls to stages that were made again', ['pipeline', 'stage']),
    unexpected: counter(
      'unexpected_results_total',
      'Results of stages for records that were not sent to them; they are ignored',
      ['pipeline', 'stage'],
    ),
    acknowledged: counter('acknowledged_records_total', 'Records acknowledged to their sender, by status', [
      'pipeline',
      'status',
    ]),
    batchSeconds: histogram('batch_seconds', 'Time from a batch at the door to its acknowledgement', [
      'pipeline',
    ]),
    blockedSeconds: counter(
      'blocked_seconds_total',
      'Time that batches waited, by cause: lane, stage, budget',
      ['pipeline', 'stage', 'cause'],
    ),
    creditsGranted: counter('credits_granted_total', 'Credits granted to sources, in records', ['pipeline']),
    refused: counter('refused_batches_total', 'Batches refused at the door, by code', ['code']),
  };
  const byPipeline = [
    series.calls,
    series.callSeconds,
    series.retries,
    series.unexpected,
    series.acknowledged,
    series.batchSeconds,
    series.blockedSeconds,
    series.creditsGranted,
  ];
  return { ...series, forget: (pipeline) => byPipeline.forEach((each) => removeSeries(each, pipeline)) };
}

interface Labelled {
  labels: Partial<Record<string, string | number>>;
}

/** prom-client removes by the full set of labels only. */
function removeSeries(metric: Counter | Histogram, pipeline: string): void {
  void Promise.resolve(metric.get()).then(({ values }: { values: Labelled[] }) => {
    const seen = new Set<string>();
    for (const { labels } of values) {
      if (labels['pipeline'] !== pipeline) continue;
      const own = Object.fromEntries(Object.entries(labels).filter(([name]) => name !== 'le'));
      const key = JSON.stringify(own);
      if (!seen.has(key)) metric.remove(own as Record<string, string | number>);
      seen.add(key);
    }
  });
}
