import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { failOnLeaks } from '../../support/leaks.ts';
import { receive, startPeer, taken } from '../../support/peer.ts';
import { records } from '../../support/push.ts';
import { all, chain, fates, here, latch, range, sequences, there, useScene } from '../../support/scene.ts';
import { startSink } from '../../support/stages.ts';
import { waitFor } from '../../support/wait.ts';

failOnLeaks();
const scene = useScene();

describe('a batch that its source pushed', () => {
  it('waits for a service that is down and comes back in time, with nothing lost', async () => {
    const gone = await startSink({ name: 'k' });
    await gone.stop();
    const path = await scene.path([gone.service], { batchTimeoutMs: 10_000 });
    path.assign(chain([here(gone)]));
    const source = scene.source(path);
    const acks = Promise.all(range(0, 10).map((i) => source.push(`b${i}`, records(i * 5, 5))));
    await waitFor(() => path.evidence.length >= 2, { what: 'two failed calls' });
    assert.deepEqual(source.acks, []);
    const sink = await scene.sink({ port: gone.port });
    assert.deepEqual((await acks).flatMap(fates), all(50, 'SUCCESS'));
    assert.deepEqual(sequences(sink), range(0, 50));
  });

  it('is given back when its time is over: STAGE_UNAVAILABLE from one that is down', async () => {
    const gone = await startSink({ name: 'k' });
    await gone.stop();
    const path = await scene.path([gone.service], { batchTimeoutMs: 1_000 });
    path.assign(chain([here(gone)]));
    const ack = await scene.source(path).push('b', records(0, 2));
    assert.deepEqual(fates(ack), all(2, 'RETRY STAGE_UNAVAILABLE'));
  });

  it('is given back when its time is over: STAGE_TIMEOUT from one that does not answer', async () => {
    const sink = await scene.holdingSink();
    const path = await scene.path([sink.service], { batchTimeoutMs: 400 });
    path.assign(chain([here(sink)]));
    const ack = await scene.source(path).push('b', records(0, 2));
    sink.open();
    assert.deepEqual(fates(ack), all(2, 'RETRY STAGE_TIMEOUT'));
  });

  it('has time only for calls: what it waits for its lane costs nothing', async () => {
    const sink = await scene.sink({
      maxConcurrentBatches: 1,
      maxBatchSize: 1,
      batch: async () => {
        await new Promise((resolve) => setTimeout(resolve, 60));
        return { status: 'WRITE_STATUS_SUCCESS' };
      },
    });
    const path = await scene.path([sink.service], { batchTimeoutMs: 500 });
    path.assign(chain([here(sink)]));
    const source = scene.source(path);
    const acks = await Promise.all(range(0, 15).map((i) => source.push(`b${i}`, records(i, 1))));
    assert.deepEqual(acks.flatMap(fates), all(15, 'SUCCESS'));
  });
});

describe('a batch from another sidecar', () => {
  it('is answered before its deadline: what is done as it is, the rest RETRY DEADLINE', async () => {
    const door = latch();
    const sink = await scene.sink({
      maxBatchSize: 1,
      batch: async ({ batch }) => {
        if (batch?.records[0]?.id?.sequenceNumber === 2) await door.opened;
        return { status: 'WRITE_STATUS_SUCCESS' };
      },
    });
    const path = await scene.path([sink.service]);
    path.assign(chain([here(sink)]));
    const { recordAcks } = await receive(path.path.port, { records: records(0, 5), timeoutMs: 2_000 });
    door.open();
    const [a, b, c, ...rest] = fates({ recordAcks });
    assert.deepEqual([a, b], all(2, 'SUCCESS'));
    // its own call ran out of the time that it was given
    assert.match(c ?? '', /^RETRY (STAGE_TIMEOUT|DEADLINE)$/);
    assert.deepEqual(rest, all(2, 'RETRY DEADLINE'));
  });

  it('is answered before its deadline, however long a stage keeps failing', async () => {
    const sink = await scene.sink({ batch: () => ({ code: status.UNAVAILABLE }) });
    const path = await scene.path([sink.service]);
    path.assign(chain([here(sink)]));
    for (let round = 0; round < 2; round++) {
      const { recordAcks } = await receive(path.path.port, { records: records(0, 2), timeoutMs: 1_500 });
      assert.deepEqual(fates({ recordAcks }), all(2, 'RETRY STAGE_UNAVAILABLE'));
    }
  });

  it('does not take others down that were merged into its call and have more time', async () => {
    const door = latch();
    let up = false;
    const sink = await scene.sink({
      maxConcurrentBatches: 1,
      batch: async ({ batch }) => {
        if (batch?.records[0]?.id?.partition === 9) await door.opened;
        else if (!up) return { code: status.UNAVAILABLE };
        return { status: 'WRITE_STATUS_SUCCESS' };
      },
    });
    const path = await scene.path([sink.service]);
    path.assign(chain([here(sink)]));
    const { port } = path.path;
    const first = receive(port, { records: records(0, 1, { partition: 9 }), timeoutMs: 15_000 });
    await waitFor(() => sink.calls() === 1);
    const short = receive(port, { records: records(0, 2, { partition: 1 }), timeoutMs: 2_000 });
    const long = receive(port, { records: records(0, 2, { partition: 2 }), timeoutMs: 15_000 });
    await waitFor(() => path.path.dataPlane.peerRuns === 3);
    door.open();
    assert.deepEqual(fates(await first), ['SUCCESS']);
    assert.deepEqual(fates(await short), all(2, 'RETRY STAGE_UNAVAILABLE'));
    up = true;
    assert.deepEqual(fates(await long), all(2, 'SUCCESS'));
  });

  it('hands down what is left less a tenth', async () => {
    const peer = scene.keep(await startPeer(taken));
    const path = await scene.path([], { batchTimeoutMs: 10_000 });
    path.assign(chain([there('k', 'sink', peer.port)]));
    await scene.source(path).push('b', records(0, 1));
    const given = peer.calls[0]?.timeoutMs ?? 0;
    assert.ok(given > 8_000 && given <= 9_000, `${given} ms`);
  });
});
