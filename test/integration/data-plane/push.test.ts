import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import type { PushRecordsRequest } from '../../../src/foundation/grpc/gen/conveyor/sidecar/PushRecordsRequest.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { assignment, type TestPath } from '../../support/path.ts';
import { openPush, type PushClient, record, records } from '../../support/push.ts';
import { all, chain, fates, here, latch, range, sequences, SOURCE, useScene } from '../../support/scene.ts';
import { waitFor } from '../../support/wait.ts';

failOnLeaks();
const scene = useScene();

/** A sidecar with one sink that can be held. */
async function simple(options: Parameters<typeof scene.path>[1] = {}) {
  const door = latch();
  let held = false;
  const sink = await scene.sink({
    batch: async () => {
      if (held) await door.opened;
      return { status: 'WRITE_STATUS_SUCCESS' };
    },
  });
  const path = await scene.path([sink.service], options);
  path.assign(chain([here(sink)]));
  const hold = (): void => void (held = true);
  return { sink, path, hold, open: () => door.open() };
}

async function streams({ registry }: TestPath): Promise<number> {
  const metric = await registry.getSingleMetric('conveyor_sidecar_push_streams')?.get();
  return metric?.values[0]?.value ?? -1;
}

/** Sends bytes as they are. */
function sendRaw({ stream }: PushClient, bytes: Buffer): void {
  stream.write(bytes as PushRecordsRequest);
}

describe('what a source may get wrong', () => {
  it('a batch before PushInit, and a second PushInit: INVALID_ARGUMENT', async () => {
    const { path } = await simple();
    const early = openPush(path.path.port);
    await assert.rejects(early.push('b', records(0, 1)), /3 .*before PushInit/);
    const twice = openPush(path.path.port);
    twice.init('src');
    twice.init('src');
    const ended = await twice.ended;
    assert.equal(ended.code, status.INVALID_ARGUMENT);
    assert.match(ended.details, /second PushInit/);
    await waitFor(async () => (await streams(path)) === 0);
  });

  it('bytes that are no message: INVALID_ARGUMENT with the offset, after what was taken before is acknowledged', async () => {
    const { sink, path, hold, open } = await simple();
    hold();
    const source = openPush(path.path.port);
    source.init('src');
    const acks = [source.push('a', records(0, 2)), source.push('b', records(2, 2))];
    await waitFor(() => path.path.dataPlane.sourceRuns === 2);
    sendRaw(source, Buffer.from([0x12, 0x7f, 0x01]));
    void source.push('late', records(9, 1)).catch(() => undefined);
    await waitFor(() => sink.calls() === 1);
    open();
    assert.deepEqual((await Promise.all(acks)).flatMap(fates), all(4, 'SUCCESS'));
    const ended = await source.ended;
    assert.equal(ended.code, status.INVALID_ARGUMENT);
    assert.match(ended.details, /(offset|byte) \d/);
    assert.deepEqual(sequences(sink), range(0, 4), 'nothing that came after it was taken');
  });

  it('a message over the limit: RESOURCE_EXHAUSTED at once; acks that are open are lost, the records are not', async () => {
    const { sink, path, hold, open } = await simple({ maxMessageBytes: 1 << 20 });
    hold();
    const source = openPush(path.path.port);
    source.init('src');
    const lost = source.push('a', records(0, 2));
    await waitFor(() => path.path.dataPlane.sourceRuns === 1);
    const refused = source.push('b', [record(9, { bytes: 2 << 20 })]);
    await assert.rejects(refused, /^Error: the stream ended: 8/);
    await assert.rejects(lost);
    open();
    await waitFor(() => sink.written.length === 2);
    await waitFor(async () => (await streams(path)) === 0, { what: 'the stream to be forgotten' });
  });

  it('a source that could be one of several: INVALID_ARGUMENT that lists them', async () => {
    const { sink, path } = await simple();
    path.assign(
      chain([here(sink)], { generation: 1 }),
      chain([here(sink)], { id: 'default/q', generation: 2 }),
      assignment(
        'default/r',
        [{ id: 'a', type: 'source' }, { id: 'b', type: 'source' }, here(sink)],
        ['a>k', 'b>k'],
        { generation: 3 },
      ),
    );
    const endedWith = async (sourceId: string, pipelineId: string): Promise<string> => {
      const source = openPush(path.path.port);
      source.init(sourceId, pipelineId);
      const { code, details } = await source.ended;
      return `${code} ${details}`;
    };
    assert.match(await endedWith('src', ''), /^3 .*"default\/p", "default\/q"/);
    assert.match(await endedWith('other', 'r'), /^3 .*"a", "b"/);
  });

  it('from elsewhere than loopback: PERMISSION_DENIED, unless any may push', async (t) => {
    const address = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
    if (address === undefined) {
      t.skip('this machine has no other address');
      return;
    }
    const { sink, path } = await simple();
    const stranger = openPush(path.path.port, { host: address });
    stranger.init('src');
    const ended = await stranger.ended;
    assert.equal(ended.code, status.PERMISSION_DENIED);
    assert.match(ended.details, /--push-from any/);
    const open = await scene.path([sink.service], { pushFrom: 'any' });
    open.assign(chain([here(sink)]));
    const welcome = openPush(open.path.port, { host: address });
    welcome.init('src');
    assert.equal((await welcome.push('b', records(0, 1))).success, true);
    await welcome.finish();
  });

  it('both loopbacks may push', async () => {
    const { path } = await simple();
    for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
      const source = openPush(path.path.port, { host });
      source.init('src');
      assert.equal((await source.push('b', records(0, 1))).success, true, host);
      assert.equal((await source.finish()).code, status.OK);
    }
  });

  it('more than 64 sources in a pod: RESOURCE_EXHAUSTED', async () => {
    const { path } = await simple();
    const sources = range(0, 65).map((i) => {
      const source = openPush(path.path.port);
      source.init(`src${i}`, 'p');
      return source;
    });
    const refused = await Promise.race(sources.map(({ ended }) => ended));
    assert.equal(refused.code, status.RESOURCE_EXHAUSTED);
    await waitFor(() => sources.filter((source) => source.granted() > 0).length === 64);
    assert.equal(path.path.dataPlane.sources.current().length, 64);
    for (const source of sources) source.close();
    await waitFor(async () => (await streams(path)) === 0);
  });

  it('heartbeats and members that nobody knows change nothing', async () => {
    const { path } = await simple();
    const source = openPush(path.path.port);
    source.init('src');
    source.stream.write({ heartbeat: {} });
    sendRaw(source, Buffer.alloc(0));
    assert.equal((await source.push('b', records(0, 1))).success, true);
    assert.equal((await source.finish()).code, status.OK);
  });
});

describe('a pipeline that cannot run', () => {
  it('whose stages are of unknown type gives everything back, with a pause', async () => {
    const { path, sink } = await simple();
    const { stages, ...rest } = chain([here(sink, { id: 'mask' })]);
    const untyped = stages.map((each) =>
      each.stageId === 'mask'
        ? { ...each, serviceType: 'SERVICE_TYPE_UNSPECIFIED' as const, localEndpoint: '127.0.0.1:1' }
        : each,
    );
    path.assign({ ...rest, stages: untyped });
    const source = openPush(path.path.port);
    source.init('src');
    assert.deepEqual(fates(await source.push('b', records(0, 2))), all(2, 'RETRY STAGE_TYPE_UNKNOWN'));
    assert.equal(source.pauses[0]?.pause, true);
    await source.finish();
  });

  it('without a pipeline: an empty batch is a success, a source that goes on is slowed down', async () => {
    const path = await scene.path([]);
    const source = openPush(path.path.port);
    source.init('src', 'nobody');
    const startedAt = performance.now();
    for (const i of range(0, 8))
      assert.deepEqual(fates(await source.push(`b${i}`, records(i, 1))), ['RETRY PIPELINE_NOT_ASSIGNED']);
    assert.ok(performance.now() - startedAt > 240, 'it is read again after a pause');
    assert.equal((await source.push('empty', [])).success, true);
    assert.equal((await source.finish()).code, status.OK);
  });
});

describe('the end of a stream', () => {
  it('half-closed: the open acknowledgements follow, then OK', async () => {
    const { path, hold, open } = await simple();
    hold();
    const source = openPush(path.path.port);
    source.init('src');
    const acks = range(0, 5).map((i) => source.push(`b${i}`, records(i * 2, 2)));
    const ended = source.finish();
    await waitFor(() => path.path.dataPlane.sourceRuns === 5);
    open();
    assert.deepEqual((await Promise.all(acks)).flatMap(fates), all(10, 'SUCCESS'));
    assert.equal((await ended).code, status.OK);
  });

  it('cut: its acknowledgements are lost, its work is not', async () => {
    const { sink, path, hold, open } = await simple();
    hold();
    const source = openPush(path.path.port);
    source.init('src');
    const acks = range(0, 5).map((i) => source.push(`b${i}`, records(i * 2, 2)));
    await waitFor(() => path.path.dataPlane.sourceRuns === 5);
    source.close();
    for (const ack of acks) await assert.rejects(ack);
    await waitFor(async () => (await streams(path)) === 0);
    open();
    await waitFor(() => sink.written.length === 10);
    assert.deepEqual(sequences(sink), range(0, 10));
  });

  it('acknowledges in order of completion, each batch once, with every record named', async () => {
    const door = latch();
    const sink = await scene.sink({
      batch: async ({ batch }) => {
        if (batch?.records.some(({ id }) => id?.partition === 0) === true) await door.opened;
        return { status: 'WRITE_STATUS_SUCCESS' };
      },
    });
    const path = await scene.path([sink.service]);
    path.assign(assignment('default/p', [SOURCE, here(sink)], ['src>k']));
    const source = scene.source(path);
    const slow = source.push('slow', records(0, 2));
    await waitFor(() => sink.calls() === 1);
    await source.push('fast', records(0, 3, { partition: 1 }));
    door.open();
    await slow;
    assert.deepEqual(
      source.acks.map(({ batchId, recordAcks }) => [batchId, recordAcks.length]),
      [
        ['fast', 3],
        ['slow', 2],
      ],
    );
  });
});
