import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { failOnLeaks } from '../../support/leaks.ts';
import { startPeer, taken } from '../../support/peer.ts';
import { record, records } from '../../support/push.ts';
import { all, chain, fates, here, range, sequences, there, useScene } from '../../support/scene.ts';
import type { SinkService } from '../../support/stages.ts';
import { waitFor } from '../../support/wait.ts';

failOnLeaks();
const scene = useScene();

/** The first delivery of each record, by partition. */
function firstDeliveries({ written }: Pick<SinkService, 'written'>): number[][] {
  const seen = new Map<number, Set<number>>();
  for (const { id } of written) {
    const partition = id?.partition ?? 0;
    seen.set(partition, (seen.get(partition) ?? new Set()).add(Number(id?.sequenceNumber)));
  }
  return [...seen].sort(([a], [b]) => a - b).map(([, sequences]) => [...sequences]);
}

/** Answers after a while that is never the same. */
const unevenly = async <T>(answer: T): Promise<T> => {
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
  return answer;
};
const written = { status: 'WRITE_STATUS_SUCCESS' } as const;

describe('the order of a partition', () => {
  it('holds under load: merges, splits, several partitions a batch, a transform between', async () => {
    const t = await scene.transform({
      name: 't',
      maxBatchSize: 7,
      batch: ({ inputBatch }) =>
        unevenly({
          results: (inputBatch?.records ?? []).map((each) => ({
            originalId: each.id,
            status: 'TRANSFORM_STATUS_SUCCESS' as const,
            outputRecords: [each],
          })),
        }),
    });
    const sink = await scene.sink({ maxBatchSize: 50, batch: () => unevenly(written) });
    const path = await scene.path([t.service, sink.service]);
    path.assign(chain([here(t), here(sink)]));
    const source = scene.source(path);
    const counters = [0, 0, 0, 0];
    const batches = range(0, 150).map((i) =>
      range(0, 1 + ((i * 7) % 20)).map((j) => {
        const partition = i % 3 === 0 ? j % 4 : i % 4;
        return record(counters[partition]!++, { partition });
      }),
    );
    const acks = await Promise.all(batches.map((batch, i) => source.push(`b${i}`, batch)));
    assert.ok(acks.every(({ success }) => success));
    assert.deepEqual(
      firstDeliveries(sink),
      counters.map((count) => range(0, count)),
    );
    assert.equal(
      sink.written.length,
      counters.reduce((a, b) => a + b),
    );
    assert.ok(t.mostAtOnce() > 1, 'lanes run in parallel');
  });

  it('holds when one of two replicas is lost in the middle, and nothing is', async () => {
    const arrived: { partition: number; sequence: number }[] = [];
    const noting = (request: {
      batch?: { records: readonly { id: { partition: number; sequenceNumber: number } | null }[] } | null;
    }) => {
      for (const { id } of request.batch?.records ?? [])
        arrived.push({ partition: id?.partition ?? 0, sequence: id?.sequenceNumber ?? 0 });
      return unevenly(written);
    };
    const sinks = [await scene.sink({ batch: noting }), await scene.sink({ batch: noting })];
    const downs = [await scene.path([sinks[0]!.service]), await scene.path([sinks[1]!.service])];
    for (const [i, down] of downs.entries()) down.assign(chain([here(sinks[i]!)]));
    const up = await scene.path([], { batchTimeoutMs: 20_000 });
    up.assign(chain([there('k', 'sink', ...downs.map(({ path }) => path.port))]));
    const source = scene.source(up);
    const acks = Promise.all(
      range(0, 120).map((i) => source.push(`b${i}`, records((i >> 2) * 5, 5, { partition: i % 4 }))),
    );
    await waitFor(() => sinks[0]!.written.length > 60);
    // as a SIGKILL looks from outside: connections end in the middle of calls
    await downs[0]!.path.stop(AbortSignal.abort());
    assert.deepEqual((await acks).flatMap(fates), all(600, 'SUCCESS'));
    for (const partition of range(0, 4)) {
      const inLane = arrived.filter((each) => each.partition === partition).map(({ sequence }) => sequence);
      assert.deepEqual([...new Set(inLane)], range(0, 150), `first deliveries of partition ${partition}`);
    }
  });

  it('holds between sidecars: one call of a lane is in flight on an edge', async () => {
    let active = 0;
    const peer = scene.keep(
      await startPeer(async (call) => {
        assert.equal(++active, 1, 'two calls of one lane');
        await unevenly(undefined);
        active--;
        return taken(call);
      }),
    );
    const path = await scene.path([]);
    path.assign(chain([there('k', 'sink', peer.port)]));
    const source = scene.source(path);
    const acks = await Promise.all(range(0, 60).map((i) => source.push(`b${i}`, records(i * 3, 3))));
    assert.ok(acks.every(({ success }) => success));
    const sent = peer.calls.flatMap(({ request }) => request.batch?.records ?? []);
    assert.deepEqual(
      sent.map(({ id }) => Number(id?.sequenceNumber)),
      range(0, 180),
    );
  });

  it('is held by retries within the hop', async () => {
    let failures = 0;
    const sink = await scene.sink({
      batch: () => (failures++ % 3 === 0 ? { code: status.UNAVAILABLE } : undefined),
    });
    const path = await scene.path([sink.service]);
    path.assign(chain([here(sink, {})]));
    const source = scene.source(path);
    for (const round of range(0, 6)) {
      const acks = await Promise.all(
        [0, 1, 2].map((i) => source.push(`${round}/${i}`, records(round * 9 + i * 3, 3))),
      );
      assert.ok(acks.every(({ success }) => success));
    }
    assert.deepEqual(sequences(sink), range(0, 54));
  });

  it('lets those behind a record go on that was given back', async () => {
    const sink = await scene.sink({
      batch: ({ batch }) => ({
        status: 'WRITE_STATUS_SUCCESS',
        results: (batch?.records ?? [])
          .filter(({ id }) => id?.sequenceNumber === 1)
          .map(({ id }) => ({ recordId: id, success: false, error: 'full', retryable: true })),
      }),
    });
    const path = await scene.path([sink.service]);
    path.assign(chain([here(sink)]));
    const source = scene.source(path);
    const acks = await Promise.all([source.push('a', records(0, 2)), source.push('b', records(2, 2))]);
    assert.deepEqual(acks.flatMap(fates), ['SUCCESS', 'RETRY SINK_RETRYABLE', 'SUCCESS', 'SUCCESS']);
    assert.deepEqual(sequences(sink), [0, 2, 3]);
  });
});

describe('ORDERING_NONE', () => {
  it('lets batches of one partition run in parallel', async () => {
    const sink = await scene.holdingSink();
    const path = await scene.path([sink.service]);
    path.assign(chain([here(sink)], { ordering: 'ORDERING_NONE' }));
    const source = scene.source(path);
    const acks: Promise<unknown>[] = [];
    for (const i of range(0, 4)) {
      acks.push(source.push(`b${i}`, records(i * 2, 2)));
      await waitFor(() => sink.calls() === i + 1, { what: `call ${i + 1} at once` });
    }
    sink.open();
    await Promise.all(acks);
    assert.equal(sink.mostAtOnce(), 4);
  });
});
