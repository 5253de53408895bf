import assert from 'node:assert/strict';
import { afterEach } from 'node:test';
import type { WriteBatchRequest__Output } from '../../src/foundation/grpc/gen/conveyor/sink/WriteBatchRequest.ts';
import type { PipelineAssignment__Output } from '../../src/foundation/grpc/gen/conveyor/sidecar/PipelineAssignment.ts';
import type { PushAck__Output } from '../../src/foundation/grpc/gen/conveyor/sidecar/PushAck.ts';
import { assignment, type StageSpec, startPath, type TestPath } from './path.ts';
import { openPush, type PushClient } from './push.ts';
import { type SinkService, type StageService, startSink, startTransform } from './stages.ts';
import { waitFor } from './wait.ts';

/** A sink that a test opens. */
export interface HoldingSink extends SinkService {
  readonly requests: readonly WriteBatchRequest__Output[];
  readonly open: () => void;
}

/** What one test has started; when it ends, every sidecar must have come to rest, and all of it is stopped. */
export interface Scene {
  path(...given: Parameters<typeof startPath>): Promise<TestPath>;
  sink(options?: Partial<Parameters<typeof startSink>[0]>): Promise<SinkService>;
  /** A sink that takes calls and answers none before it is opened; then all with SUCCESS. */
  holdingSink(options?: Partial<Parameters<typeof startSink>[0]>): Promise<HoldingSink>;
  transform(options: Parameters<typeof startTransform>[0]): Promise<StageService>;
  /** A source on a sidecar, its PushInit sent. */
  source(path: TestPath, options?: { sourceId?: string; pipelineId?: string }): PushClient;
  /** Has something stopped when the test ends. */
  keep<T extends { stop(): Promise<void> }>(started: T): T;
}

/** Whether anything is still on its way in a sidecar; says what. */
export function unrest({ path }: TestPath): string[] {
  const left: string[] = [];
  const { budget, sourceRuns, peerRuns } = path.dataPlane;
  if (budget.usedBytes !== 0) left.push(`${budget.usedBytes} bytes are held`);
  if (budget.waiting !== 0) left.push(`${budget.waiting} messages wait for the budget`);
  if (sourceRuns + peerRuns !== 0) left.push(`${sourceRuns} and ${peerRuns} batches run`);
  for (const [id, { ledger }] of path.dataPlane.report()) {
    if (ledger.inFlight !== 0) left.push(`${id}: ${ledger.inFlight} records are in flight`);
    if (ledger.unaccounted !== 0) left.push(`${id}: ${ledger.unaccounted} records are unaccounted for`);
  }
  return left;
}

/** Resolves when nothing is on its way in a sidecar and its ledger adds up. */
export async function atRest(path: TestPath): Promise<void> {
  await waitFor(() => unrest(path).length === 0, { what: () => `rest: ${unrest(path).join(', ')}` });
  const buffered = await path.registry.getSingleMetric('conveyor_sidecar_buffered_records')?.get();
  assert.equal(
    (buffered?.values ?? []).reduce((sum, { value }) => sum + value, 0),
    0,
    'records wait at a stage',
  );
}

/** Call it once at the top of a test file. */
export function useScene(): Scene {
  const stops: (() => unknown)[] = [];
  const paths = new Set<TestPath>();
  const clients: PushClient[] = [];
  const keep = <T extends { stop(): Promise<void> }>(started: T): T => {
    stops.push(() => started.stop());
    return started;
  };
  afterEach(async () => {
    try {
      for (const path of paths) await atRest(path);
    } finally {
      for (const client of clients.splice(0)) client.close();
      for (const stop of stops.splice(0).reverse()) await stop();
      paths.clear();
    }
  });
  return {
    keep,
    async path(...given) {
      const path = keep(await startPath(...given));
      paths.add(path);
      return path;
    },
    sink: async (options = {}) => keep(await startSink({ name: 'k', ...options })),
    async holdingSink(options = {}) {
      const door = latch();
      const requests: WriteBatchRequest__Output[] = [];
      const sink = await startSink({
        name: 'k',
        ...options,
        async batch(request) {
          requests.push(request);
          await door.opened;
          return { status: 'WRITE_STATUS_SUCCESS' };
        },
      });
      return { ...keep(sink), requests, open: () => door.open() };
    },
    transform: async (options) => keep(await startTransform(options)),
    source({ path }, { sourceId = 'src', pipelineId = 'default/p' } = {}) {
      const client = openPush(path.port);
      clients.push(client);
      client.init(sourceId, pipelineId);
      return client;
    },
  };
}

/** The source of most tests. */
export const SOURCE: StageSpec = { id: 'src', type: 'source' };

/** A stage that a service of the sidecar's own pod runs. */
export function here({ service }: StageService, options: Partial<StageSpec> = {}): StageSpec {
  return {
    id: service.name,
    type: service.type === 'sink' ? 'sink' : 'transform',
    local: service,
    ...options,
  };
}

/** A stage that other sidecars run. */
export function there(id: string, type: 'transform' | 'sink', ...ports: readonly number[]): StageSpec {
  return { id, type, replicas: ports.map((port) => ({ sidecarId: `at-${port}`, port })) };
}

/** `default/p`, or another one: its source, then the given stages one after the other. */
export function chain(
  stages: readonly StageSpec[],
  { id = 'default/p', ...extra }: { id?: string } & Partial<PipelineAssignment__Output> = {},
): PipelineAssignment__Output {
  const all = [SOURCE, ...stages];
  const edges = all.slice(1).map((stage, i) => `${all[i]?.id ?? ''}>${stage.id}`);
  return assignment(id, all, edges, extra);
}

/** `SUCCESS`, `FAILED TRANSFORM_ERROR`, … for each record of an acknowledgement. */
export function fates({ recordAcks }: Pick<PushAck__Output, 'recordAcks'>): string[] {
  return recordAcks.map(({ status, code }) => `${status.replace('ACK_STATUS_', '')} ${code}`.trim());
}

/** The same fate for each of `count` records. */
export function all(count: number, fate: string): string[] {
  return new Array<string>(count).fill(fate);
}

/** Sequence numbers of what a sink has confirmed, in its order. */
export function sequences({ written }: SinkService): number[] {
  return written.map(({ id }) => Number(id?.sequenceNumber));
}

/** The same without repeats, in the order of the numbers. */
export function distinct(sink: SinkService): number[] {
  return [...new Set(sequences(sink))].sort((a, b) => a - b);
}

/** From `from`, `count` numbers. */
export function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

/** A promise and what resolves it: a door that a service holds shut until the test opens it. */
export function latch(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  return { opened: promise, open: () => resolve(undefined) };
}
