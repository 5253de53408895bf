/**
 * A source of numbered records, RATE a second, RECORDS in all (unlimited unless told): tells the ledger what was
 * acknowledged to it, and at its end how much it had pushed. SIGTERM ends it when all that is open is acknowledged.
 */
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Batch } from '../../../examples/source-flights/batch.ts';
import { Pusher } from '../../../examples/source-flights/push.ts';
import { type Ids, tell } from './rule.ts';

const rate = Number(process.env['RATE'] ?? 1_000);
const records = Number(process.env['RECORDS'] ?? Infinity);
const batchSize = Number(process.env['BATCH'] ?? 20);
const partitions = 4;
const sourceId = process.env['SOURCE_ID'] ?? 'source';
/** Tells the ids of this process from those of any other of the same source. */
const origin = `${sourceId}@${hostname()}-${Date.now().toString(36)}`;

const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());

const acknowledged = new Map<number, number[]>();
const pusher = new Pusher({
  endpoint: process.env['CONVEYOR_ENDPOINT'] ?? '127.0.0.1:9091',
  sourceId,
  pipelineId: process.env['PIPELINE'] ?? '',
  maxOpenBatches: 64,
  onSucceeded({ partition = 0, sequenceNumber = 0 }) {
    const lane = acknowledged.get(partition) ?? [];
    acknowledged.set(partition, lane);
    lane.push(Number(sequenceNumber));
  },
});

async function report(): Promise<void> {
  const ids: Ids[] = [...acknowledged].map(([partition, sequences]) => ({
    source: origin,
    partition,
    sequences,
  }));
  acknowledged.clear();
  if (ids.length > 0) await tell('/acknowledged', ids);
}

let reporting = Promise.resolve();
const timer = setInterval(() => {
  reporting = reporting.then(report);
}, 100);

async function* numbered(): AsyncGenerator<Batch, void> {
  const startedAt = performance.now();
  const sequences = Array.from({ length: partitions }, () => 0);
  for (let sent = 0; sent < records; sent += batchSize) {
    const partition = (sent / batchSize) % partitions;
    const first = sequences[partition] ?? 0;
    const count = Math.min(batchSize, records - sent);
    sequences[partition] = first + count;
    const dueInMs = (sent / rate) * 1_000 - (performance.now() - startedAt);
    if (dueInMs > 0) await delay(dueInMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    if (stopping.signal.aborted) return;
    yield {
      batchId: `${partition}-${first}`,
      records: Array.from({ length: count }, (_, index) => ({
        id: { sourceId: origin, partition, sequenceNumber: first + index },
        recordType: 'number',
        payload: Buffer.alloc(512, 'x'),
      })),
    };
  }
}

await pusher.push(numbered(), stopping.signal);
clearInterval(timer);
await reporting;
await report();
await tell('/ended', { source: origin, records: pusher.totals.read });
console.log(JSON.stringify(pusher.totals.read));
