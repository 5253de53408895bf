/**
 * The ground truth of the end-to-end tests: sinks say what they wrote, sources what was acknowledged to them. It runs in
 * a pod of its own that no fault touches. `GET /report` adds it up.
 */
import { createServer, type IncomingMessage } from 'node:http';
import { type Ids, isFiltered, TELLING } from './rule.ts';

/** Times that each id was told, by `<source>/<partition>`. */
type Counts = Map<string, Map<number, number>>;

const written: Counts = new Map();
const acknowledged: Counts = new Map();
/** Records that a source that has ended had pushed. */
const pushed = new Map<string, number>();
/** Records written in each second since 1970, to see that they flow. */
const writtenAt = new Map<number, number>();
/** Milliseconds since 1970 of the last acknowledgement, by source. */
const lastAcknowledgedAt = new Map<string, number>();
/** Names of what was told already. */
const heard = new Set<string>();

function add(counts: Counts, { source, partition, sequences }: Ids): void {
  const key = `${source}/${partition}`;
  const lane = counts.get(key) ?? new Map<number, number>();
  counts.set(key, lane);
  for (const sequence of sequences) lane.set(sequence, (lane.get(sequence) ?? 0) + 1);
}

const PATHS: Readonly<Record<string, (body: unknown) => void>> = {
  '/written'(body) {
    const second = Math.floor(Date.now() / 1_000);
    for (const ids of body as Ids[]) {
      add(written, ids);
      writtenAt.set(second, (writtenAt.get(second) ?? 0) + ids.sequences.length);
    }
  },
  '/acknowledged'(body) {
    for (const ids of body as Ids[]) {
      add(acknowledged, ids);
      lastAcknowledgedAt.set(ids.source, Date.now());
    }
  },
  '/ended'(body) {
    const { source, records } = body as { source: string; records: number };
    pushed.set(source, records);
  },
  '/reset'() {
    for (const each of [written, acknowledged, pushed, writtenAt, lastAcknowledgedAt]) each.clear();
  },
};

function report(): object {
  const lost: string[] = [];
  for (const [key, lane] of acknowledged)
    for (const sequence of lane.keys())
      if (!isFiltered(sequence) && written.get(key)?.has(sequence) !== true) lost.push(`${key}/${sequence}`);
  const repeated = [...written].flatMap(([key, lane]) =>
    [...lane].filter(([, times]) => times > 1).map(([sequence]) => `${key}/${sequence}`),
  );
  const size = (counts: Counts): number => [...counts.values()].reduce((sum, lane) => sum + lane.size, 0);
  const filtered = [...acknowledged.values()]
    .flatMap((lane) => [...lane.keys()])
    .filter((sequence) => isFiltered(sequence)).length;
  return {
    written: size(written),
    acknowledged: size(acknowledged),
    filtered,
    lost: lost.length,
    lostSample: lost.slice(0, 20),
    repeated: repeated.length,
    repeatedSample: repeated.slice(0, 20),
    pushed: Object.fromEntries(pushed),
    acknowledgedBySource: bySource(acknowledged),
    lastAcknowledgedAt: Object.fromEntries(lastAcknowledgedAt),
    writtenAt: [...writtenAt].sort(([a], [b]) => a - b),
  };
}

function bySource(counts: Counts): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [key, lane] of counts) {
    const source = key.slice(0, key.lastIndexOf('/'));
    sums[source] = (sums[source] ?? 0) + lane.size;
  }
  return sums;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString());
}

const server = createServer((request, response) => {
  void (async () => {
    if (request.method === 'GET') return { status: 200, body: report() };
    const act = PATHS[request.url ?? ''];
    if (act === undefined) return { status: 404, body: {} };
    const body = await bodyOf(request);
    const telling = request.headers[TELLING];
    if (typeof telling !== 'string' || !heard.has(telling)) act(body);
    if (typeof telling === 'string') heard.add(telling);
    return { status: 200, body: {} };
  })()
    .catch((error: unknown) => ({ status: 400, body: { error: String(error) } }))
    .then(({ status, body }) => response.writeHead(status).end(JSON.stringify(body)));
});
server.listen(8_080, () => console.log('ledger listens'));
process.once('SIGTERM', () => server.close(() => process.exit(0)).closeAllConnections());
