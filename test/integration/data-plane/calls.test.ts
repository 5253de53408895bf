import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Metadata } from '@grpc/grpc-js';
import type { ProcessBatchRequest__Output } from '../../../src/foundation/grpc/gen/conveyor/transform/ProcessBatchRequest.ts';
import type { WriteBatchRequest__Output } from '../../../src/foundation/grpc/gen/conveyor/sink/WriteBatchRequest.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { assignment } from '../../support/path.ts';
import { startPeer } from '../../support/peer.ts';
import { openPush, record, records } from '../../support/push.ts';
import {
  all,
  chain,
  fates,
  here,
  latch,
  range,
  sequences,
  SOURCE,
  there,
  useScene,
} from '../../support/scene.ts';
import { waitFor } from '../../support/wait.ts';

failOnLeaks();
const scene = useScene();

const written = { status: 'WRITE_STATUS_SUCCESS' } as const;
const MIB = 1 << 20;

/** A sink that holds its first call until it is told to go on, and keeps every request. */
const sizes = (requests: readonly WriteBatchRequest__Output[]): number[] =>
  requests.map(({ batch }) => batch?.records.length ?? 0);

describe('merging', () => {
  it('joins small batches that wait: few calls, each batch acknowledged for itself', async () => {
    const sink = await scene.holdingSink();
    const path = await scene.path([sink.service]);
    path.assign(chain([here(sink)]));
    const source = scene.source(path);
    const first = source.push('first', records(100, 1));
    await waitFor(() => sink.requests.length === 1);
    const acks = Promise.all(range(0, 16).map((i) => source.push(`b${i}`, records(i, 1))));
    await waitFor(() => path.path.dataPlane.sourceRuns === 17);
    sink.open();
    await first;
    for (const [i, ack] of (await acks).entries()) {
      assert.equal(ack.batchId, `b${i}`);
      assert.deepEqual(
        ack.recordAcks.map(({ recordId }) => recordId?.sequenceNumber),
        [i],
      );
      assert.equal(ack.success, true);
    }
    assert.deepEqual(sizes(sink.requests), [1, 16]);
    assert.equal(sink.requests[0]?.batch?.batchId, 'first', 'a batch sent whole has its own id');
    assert.doesNotMatch(sink.requests[1]?.batch?.batchId ?? 'b', /^(first|b\d*)$/, 'others have a new one');
  });

  it('never joins batches that share an id, and gives each its own answer', async () => {
    const sink = await scene.holdingSink();
    const path = await scene.path([sink.service]);
    path.assign(chain([here(sink)]));
    const source = scene.source(path);
    void source.push('first', records(100, 1));
    await waitFor(() => sink.requests.length === 1);
    const acks = ['a', 'b', 'c'].map((id) => source.push(id, records(id === 'c' ? 7 : 3, 1)));
    await waitFor(() => path.path.dataPlane.sourceRuns === 4);
    sink.open();
    assert.ok((await Promise.all(acks)).every(({ success }) => success));
    assert.deepEqual(sizes(sink.requests), [1, 1, 2]);
  });

  it('a batch may repeat an id: the n-th result is of its n-th record', async () => {
    const sink = await scene.sink({
      batch: ({ batch }) => ({
        status: 'WRITE_STATUS_PARTIAL',
        results: (batch?.records ?? []).map(({ id }, i) => ({
          recordId: id,
          success: i !== 1,
          error: '',
          retryable: false,
        })),
      }),
    });
    const path = await scene.path([sink.service]);
    path.assign(chain([here(sink)]));
    const ack = await scene.source(path).push('b', [record(5), record(5), record(5)]);
    assert.deepEqual(fates(ack), ['SUCCESS', 'FAILED SINK_REJECTED', 'SUCCESS']);
  });

  it('a watermark ends a merge, and goes with the last part of its batch', async () => {
    const sink = await scene.holdingSink({ maxBatchSize: 3 });
    const path = await scene.path([sink.service]);
    path.assign(chain([here(sink)]));
    const source = scene.source(path);
    const send = (batchId: string, from: number, count: number, position?: number): void =>
      void source.stream.write({
        batch: {
          batchId,
          records: records(from, count),
          ...(position === undefined ? {} : { watermark: { sourceId: 'src', position } }),
        },
      });
    send('first', 100, 1);
    await waitFor(() => sink.requests.length === 1);
    send('a', 0, 1);
    send('b', 1, 1, 11);
    send('c', 2, 1);
    send('d', 3, 5, 22);
    send('none', 8, 0, 33);
    await waitFor(() => path.path.dataPlane.sourceRuns === 5);
    sink.open();
    await waitFor(() => source.acks.length === 6);
    const seen = sink.requests.map(({ batch }) => [
      batch?.records.length,
      batch?.watermark?.position ?? null,
    ]);
    assert.deepEqual(seen, [
      [1, null],
      [2, 11],
      [1, null],
      [3, null],
      [2, 22],
    ]);
  });
});

describe('the limits of a service', () => {
  it('max_batch_size splits in order, max_concurrent_batches bounds the calls in flight', async () => {
    const sink = await scene.sink({
      maxBatchSize: 7,
      maxConcurrentBatches: 2,
      batch: async () => {
        await new Promise((resolve) => setTimeout(resolve, 2));
        return written;
      },
    });
    const path = await scene.path([sink.service]);
    path.assign(chain([here(sink)]));
    const source = scene.source(path);
    const acks = await Promise.all(
      range(0, 4).map((p) => source.push(`b${p}`, records(0, 40, { partition: p }))),
    );
    assert.deepEqual(acks.flatMap(fates), all(160, 'SUCCESS'));
    assert.equal(sink.mostAtOnce(), 2);
    assert.ok(sink.calls() >= 24);
    for (const p of range(0, 4))
      assert.deepEqual(
        sink.written.filter(({ id }) => id?.partition === p).map(({ id }) => id?.sequenceNumber),
        range(0, 40),
      );
  });

  it('without limits: four calls in flight, and a batch is not split', async () => {
    const sink = await scene.holdingSink();
    const path = await scene.path([sink.service]);
    path.assign(chain([here(sink)]));
    const source = scene.source(path);
    const acks = range(0, 6).map((p) => source.push(`b${p}`, records(0, 1_500, { partition: p })));
    await waitFor(() => sink.requests.length === 4);
    sink.open();
    await Promise.all(acks);
    assert.equal(sink.mostAtOnce(), 4);
    assert.deepEqual(
      sizes(sink.requests),
      all(6, '').map(() => 1_500),
    );
  });

  it('a stage elsewhere: what the router last said of it, also where its definition is the same', async () => {
    let door = latch();
    const peer = scene.keep(
      await startPeer(async () => {
        await door.opened;
        return { success: true };
      }),
    );
    const path = await scene.path([]);
    const limited = (maxBatchSize: number, maxConcurrentBatches: number): ReturnType<typeof chain> => {
      const stage = there('k', 'sink', peer.port);
      return chain([{ ...stage, limits: { maxBatchSize, maxConcurrentBatches } }]);
    };
    const source = scene.source(path);
    const pushed = async (inFlight: number): Promise<void> => {
      door = latch();
      const before = peer.calls.length;
      const acks = range(0, 9).map((p) => source.push(`b${p}`, records(0, 2, { partition: p })));
      await waitFor(() => peer.calls.length - before === inFlight);
      door.open();
      assert.deepEqual((await Promise.all(acks)).flatMap(fates), all(18, 'SUCCESS'));
      assert.equal(peer.mostAtOnce(), inFlight);
    };
    path.assign(limited(2, 0));
    await pushed(4);
    assert.ok(peer.calls.every(({ request }) => request.batch?.records.length === 2));
    path.assign(limited(1, 6));
    await pushed(6);
    assert.ok(peer.calls.slice(9).every(({ request }) => request.batch?.records.length === 1));
  });

  it('a record of a type that is not listed is FAILED, the others of its batch are not', async () => {
    const sink = await scene.sink({ supportedRecordTypes: ['order', 'refund'] });
    const path = await scene.path([sink.service]);
    path.assign(chain([here(sink)]));
    const types = ['order', 'note', 'refund', '', 'order'];
    const ack = await scene.source(path).push(
      'b',
      types.map((type, i) => record(i, { type })),
    );
    const no = 'FAILED RECORD_TYPE_UNSUPPORTED';
    assert.deepEqual(fates(ack), ['SUCCESS', no, 'SUCCESS', no, 'SUCCESS']);
    assert.deepEqual(sequences(sink), [0, 2, 4]);
    assert.deepEqual(fates(await scene.source(path).push('c', [record(9, { type: 'note' })])), [no]);
  });
});

describe('the size of a message', () => {
  it('stays under 4 MiB: larger batches go in parts, also where the config of the stage is large', async () => {
    const requests: ProcessBatchRequest__Output[] = [];
    const t = await scene.transform({
      name: 't',
      batch: (request) => void requests.push(request),
    });
    const path = await scene.path([t.service]);
    path.assign(chain([here(t, { config: { table: 'x'.repeat(300 << 10) } })]));
    const ack = await scene.source(path).push('b', records(0, 90, { bytes: 100 << 10 }));
    assert.deepEqual(fates(ack), all(90, 'SUCCESS'));
    assert.deepEqual(
      requests.flatMap(({ inputBatch }) => inputBatch?.records ?? []).map(({ id }) => id?.sequenceNumber),
      range(0, 90),
    );
    assert.equal(requests.length, 3, 'no call was refused for its size');
  });

  it('a single larger record goes alone: taken by who takes it, else FAILED RECORD_TOO_LARGE', async () => {
    for (const [maxMessageBytes, fate] of [
      [16 * MIB, 'SUCCESS'],
      [4 * MIB, 'FAILED RECORD_TOO_LARGE'],
    ] as const) {
      const sink = await scene.sink({ maxMessageBytes });
      const path = await scene.path([sink.service]);
      path.assign(chain([here(sink)]));
      const ack = await scene.source(path).push('b', [record(0), record(1, { bytes: 6 * MIB }), record(2)]);
      assert.deepEqual(fates(ack), ['SUCCESS', fate, 'SUCCESS']);
    }
  });

  it('a service that takes less than 4 MiB gets less, and nothing is lost', async () => {
    const sink = await scene.sink({ maxMessageBytes: MIB / 2 });
    const path = await scene.path([sink.service], { batchTimeoutMs: 20_000 });
    path.assign(chain([here(sink)]));
    const source = scene.source(path);
    const acks = await Promise.all(
      range(0, 3).map((i) => source.push(`b${i}`, records(i * 40, 40, { bytes: 90 << 10 }))),
    );
    assert.deepEqual(acks.flatMap(fates), all(120, 'SUCCESS'));
    assert.deepEqual(sequences(sink), range(0, 120));
  });
});

describe('what goes along', () => {
  it('a batch that comes to a sink by two ways is two batches: no id is used twice', async () => {
    const [left, right] = [await scene.transform({ name: 'left' }), await scene.transform({ name: 'right' })];
    const sink = await scene.holdingSink();
    sink.open();
    const path = await scene.path([left.service, right.service, sink.service]);
    const edges = ['src>left', 'src>right', 'left>k', 'right>k'];
    path.assign(assignment('default/p', [SOURCE, here(left), here(right), here(sink)], edges));
    assert.deepEqual(fates(await scene.source(path).push('b', records(0, 2))), all(2, 'SUCCESS'));
    assert.equal(new Set(sink.requests.map(({ batch }) => batch?.batchId)).size, sink.requests.length);
    assert.equal(sink.requests.length, 2);
    const sources = ['a', 'b'].map((id) => ({ id, type: 'source' as const }));
    path.assign(
      assignment('default/p', [...sources, here(sink)], ['a>k', 'b>k'], { version: 2, generation: 8 }),
    );
    await scene.source(path, { sourceId: 'a' }).push('own', records(2, 1));
    assert.equal(sink.requests.at(-1)?.batch?.batchId, 'own', 'two sources are no two ways');
  });

  it('names, options, config and trace headers reach the stages unchanged', async () => {
    const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    let processed: ProcessBatchRequest__Output | undefined;
    const t = await scene.transform({
      name: 'mask',
      batch: (request) => void (processed = request),
    });
    const peer = scene.keep(await startPeer());
    const path = await scene.path([t.service]);
    path.assign(
      chain([here(t, { config: { a: '1', b: '' } }), there('k', 'sink', peer.port)], { generation: 77 }),
    );
    const metadata = new Metadata();
    metadata.set('traceparent', trace);
    metadata.set('tracestate', 'vendor=1');
    const source = openPush(path.path.port, { metadata });
    source.init('src', 'default/p');
    assert.equal((await source.push('mine', records(0, 2))).success, true);
    assert.equal((await source.finish()).code, 0);
    assert.equal(processed?.transformId, 'mask');
    assert.equal(processed.inputBatch?.batchId, 'mine');
    assert.deepEqual({ ...processed.transformConfig }, { a: '1', b: '' });
    const [call] = peer.calls;
    assert.equal(call?.metadata.get('traceparent')[0], trace);
    assert.equal(call.metadata.get('tracestate')[0], 'vendor=1');
    assert.equal(call.metadata.get('conveyor-hops')[0], '1');
    assert.equal(call.metadata.get('conveyor-generation')[0], '77');
    assert.deepEqual([call.request.pipelineId, call.request.stageId], ['default/p', 'k']);
  });

  it('a sink is told what is asked of it: acknowledged, at least once, within the time that is left', async () => {
    const sink = await scene.holdingSink();
    sink.open();
    const path = await scene.path([sink.service], { batchTimeoutMs: 10_000 });
    path.assign(chain([here(sink)]));
    await scene.source(path).push('b', records(0, 1));
    const [request] = sink.requests;
    assert.equal(request?.sinkId, 'k');
    assert.equal(request.options?.requireAck, true);
    assert.equal(request.options.guarantee, 'DELIVERY_GUARANTEE_AT_LEAST_ONCE');
    assert.ok(request.options.timeoutMs > 8_000 && request.options.timeoutMs <= 9_000);
  });
});
