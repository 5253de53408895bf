/**
 * A source: reads flights and pushes them to the sidecar of its own pod. It has no server and no registration: the
 * name that it pushes under is its name in the pipeline. Prints its progress as JSON lines, the totals last.
 *
 *   node examples/source-flights/main.ts [--input FILE] [--records N|all] [--keep-open]
 *
 * With --keep-open it stays when all is acknowledged, as a source that waits for more would.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { batchFlights } from './batch.ts';
import { Pusher } from './push.ts';
import { firstFlights } from './read.ts';

const { values: flags } = parseArgs({
  options: {
    input: { type: 'string' },
    records: { type: 'string', default: 'all' },
    endpoint: { type: 'string', default: process.env['CONVEYOR_ENDPOINT'] ?? '127.0.0.1:9091' },
    source: { type: 'string', default: 'source-flights' },
    pipeline: { type: 'string', default: '' },
    'keep-open': { type: 'boolean', default: false },
  },
});
const { endpoint, source: sourceId, pipeline: pipelineId } = flags;

const stopping = new AbortController();
const stop = (): void => stopping.abort();
process.once('SIGTERM', stop).once('SIGINT', stop);

const pusher = new Pusher({ endpoint, sourceId, pipelineId, maxOpenBatches: 64 });
const quantiles = (values: readonly number[]): Record<string, number> => {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (q: number): number => Math.round(sorted[Math.ceil(q * sorted.length) - 1] ?? 0);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
};
const startedAt = performance.now();
const report = (event: 'progress' | 'done'): void => {
  const { latenciesMs, ...counts } = pusher.totals;
  const latencyMs = event === 'done' ? quantiles(latenciesMs) : undefined;
  const seconds = (performance.now() - startedAt) / 1_000;
  // what is undefined is left out by JSON
  console.log(JSON.stringify({ event, ...counts, open: pusher.openRecords, seconds, latencyMs }));
};
const progress = setInterval(() => report('progress'), 200);
try {
  const flights = firstFlights(flags.records === 'all' ? Infinity : Number(flags.records), flags.input);
  await pusher.push(batchFlights(flights, { sourceId, partitions: 8, maxRecords: 500 }), stopping.signal);
  report('done');
  clearInterval(progress);
  while (flags['keep-open'] && !stopping.signal.aborted)
    await delay(60_000, undefined, { signal: stopping.signal }).catch(() => undefined);
} catch (error) {
  console.error(`the source gave up: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  clearInterval(progress);
}
