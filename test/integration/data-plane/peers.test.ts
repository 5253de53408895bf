import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RecordAck } from '../../../src/foundation/grpc/gen/conveyor/sidecar/RecordAck.ts';
import { PREFIXES } from '../../../src/foundation/grpc/definitions.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { receive, refused, startPeer, taken } from '../../support/peer.ts';
import { openPush, records } from '../../support/push.ts';
import { all, chain, fates, here, range, sequences, there, useScene } from '../../support/scene.ts';

failOnLeaks();
const scene = useScene();

describe('the door for other sidecars', () => {
  async function door() {
    const t = await scene.transform({ name: 't' });
    const sink = await scene.sink();
    const path = await scene.path([t.service, sink.service]);
    path.assign(chain([here(t), here(sink)], { generation: 7 }));
    const { port } = path.path;
    return {
      t,
      sink,
      path,
      call: (options: Omit<Parameters<typeof receive>[1], 'records'> = {}) =>
        receive(port, { records: records(0, 3), ...options }),
    };
  }

  it('runs the stage and all that comes after it, never what came before', async () => {
    const { t, sink, call } = await door();
    const answer = await call({ stageId: 'k' });
    assert.equal(answer.success, true);
    assert.deepEqual(fates(answer), all(3, 'SUCCESS'));
    assert.equal(t.calls(), 0);
    assert.deepEqual(fates(await call({ stageId: 't' })), all(3, 'SUCCESS'));
    assert.equal(t.calls(), 1);
    assert.deepEqual(sequences(sink), [0, 1, 2, 0, 1, 2]);
  });

  it('is open under both package prefixes', async () => {
    const { call } = await door();
    for (const prefix of PREFIXES) assert.equal((await call({ prefix })).success, true);
  });

  it('refuses, and counts nothing, what it cannot run', async () => {
    const { path, call } = await door();
    const hops = (n: number, generation?: number): Record<string, string> => ({
      'conveyor-hops': String(n),
      ...(generation === undefined ? {} : { 'conveyor-generation': String(generation) }),
    });
    const codeOf = async (options: Parameters<typeof call>[0]): Promise<string> => {
      const answer = await call(options);
      assert.equal(answer.success, false);
      const told = new Set(fates(answer));
      assert.equal(answer.recordAcks.length, 3);
      return [...told].join();
    };
    assert.equal(await codeOf({ pipelineId: 'default/none' }), 'RETRY PIPELINE_NOT_ASSIGNED');
    assert.equal(await codeOf({ stageId: 'none' }), 'RETRY STAGE_NOT_ASSIGNED');
    assert.equal(await codeOf({ stageId: 'src' }), 'RETRY STAGE_NOT_ASSIGNED');
    assert.equal(await codeOf({ headers: hops(1, 6) }), 'RETRY GENERATION_SKEW');
    assert.equal(await codeOf({ headers: hops(1, 8) }), 'RETRY GENERATION_SKEW');
    assert.equal(await codeOf({ headers: hops(33, 7) }), 'RETRY HOP_LIMIT');
    assert.equal((await call({ headers: hops(32, 7) })).success, true);
    assert.equal(
      (await call({ headers: hops(1, 0) })).success,
      true,
      'without a generation nothing is checked',
    );
    path.path.routes.drain(['default/p'], 1_000);
    assert.equal(await codeOf({}), 'RETRY DRAINING');
    assert.equal(path.ledger('default/p')['entered'], 6, 'what was refused has not entered');
  });

  it('is shut for a stage whose service is not healthy', async () => {
    const { sink, path, call } = await door();
    path.setServices([{ ...sink.service, health: 'unhealthy' }]);
    assert.deepEqual(fates(await call()), all(3, 'RETRY STAGE_NOT_ASSIGNED'));
  });

  it('answers bytes that are no request with INVALID_ARGUMENT, and an empty batch with success', async () => {
    const { path } = await door();
    await assert.rejects(
      receive(path.path.port, {
        records: [],
        stageId: '\u0000',
        pipelineId: 'x',
        raw: Buffer.from('garbage'),
      }),
      { code: 'INVALID_ARGUMENT' },
    );
    assert.equal((await receive(path.path.port, { records: [] })).success, true);
  });

  it('forwards nothing for a sidecar that sends to every stage by itself', async () => {
    const [a, b] = [await scene.transform({ name: 'a' }), await scene.transform({ name: 'b' })];
    const peer = scene.keep(await startPeer());
    const path = await scene.path([a.service, b.service]);
    path.assign(chain([here(a), here(b), there('k', 'sink', peer.port)]));
    const answer = await receive(path.path.port, { records: records(0, 3), stageId: 'a', headers: {} });
    assert.deepEqual(fates(answer), all(3, 'SUCCESS'));
    assert.deepEqual([a.calls(), b.calls(), peer.calls.length], [1, 1, 0]);
    assert.equal(path.ledger('default/p')['delivered'], 3);
    assert.equal((await receive(path.path.port, { records: records(0, 3), stageId: 'a' })).success, true);
    assert.equal(peer.calls.length, 1);
    assert.equal(peer.calls[0]?.metadata.get('conveyor-hops')[0], '2');
  });
});

describe('a sidecar that another one calls', () => {
  async function through(...peers: Parameters<typeof startPeer>[]) {
    const started = [];
    for (const each of peers) started.push(scene.keep(await startPeer(...each)));
    const path = await scene.path([], { batchTimeoutMs: 1_000 });
    path.assign(chain([there('k', 'sink', ...started.map(({ port }) => port))]));
    return { peers: started, path, source: scene.source(path) };
  }

  for (const code of ['DRAINING', 'STAGE_NOT_ASSIGNED', 'PIPELINE_NOT_ASSIGNED', 'GENERATION_SKEW']) {
    it(`that refuses with ${code} is passed over for another replica`, async () => {
      const { peers, source } = await through([(call) => refused(call, code)], [taken]);
      for (const i of range(0, 4))
        assert.deepEqual(fates(await source.push(`b${i}`, records(i, 1))), ['SUCCESS']);
      assert.ok(peers[0]!.calls.length >= 1);
      assert.equal(peers[1]!.calls.length, 4);
    });
  }

  it('that refuses and has no replica: STAGE_UNAVAILABLE when the time is over, or SUCCESS when it opens', async () => {
    let open = false;
    const { source } = await through([(call) => (open ? taken(call) : refused(call, 'DRAINING'))]);
    assert.deepEqual(fates(await source.push('a', records(0, 2))), all(2, 'RETRY STAGE_UNAVAILABLE'));
    open = true;
    assert.deepEqual(fates(await source.push('b', records(0, 2))), all(2, 'SUCCESS'));
  });

  it('of another generation is given up at once when our own table has moved on', async () => {
    const { path, source, peers } = await through([
      (call) => {
        path.assign(chain([there('k', 'sink', peers[0]!.port)], { generation: 8, version: 2 }));
        return refused(call, 'GENERATION_SKEW');
      },
    ]);
    const startedAt = performance.now();
    assert.deepEqual(fates(await source.push('a', records(0, 2))), all(2, 'RETRY STAGE_UNAVAILABLE'));
    assert.ok(performance.now() - startedAt < 1_000);
    assert.equal(peers[0]!.calls.length, 1);
  });

  it('decides the fate of each record, passed up as it is', async () => {
    const acks = (call: Parameters<typeof taken>[0]): RecordAck[] => [...(taken(call).recordAcks ?? [])];
    const { path, source } = await through([
      (call) => {
        const [first, second, third] = acks(call);
        return {
          success: false,
          recordAcks: [
            { ...second, status: 'ACK_STATUS_RETRY', code: 'SINK_RETRYABLE', error: 'full' },
            { ...third, status: 'ACK_STATUS_FAILED', code: 'SINK_REJECTED' },
            { ...first, status: 'ACK_STATUS_SUCCESS' },
          ],
        };
      },
    ]);
    const ack = await source.push('b', records(0, 4));
    assert.deepEqual(fates(ack), [
      'SUCCESS',
      'RETRY SINK_RETRYABLE',
      'FAILED SINK_REJECTED',
      'RETRY STAGE_BAD_RESPONSE',
    ]);
    assert.equal(ack.recordAcks[1]?.error, 'full');
    const { forwarded, returned, failed } = path.ledger('default/p');
    assert.deepEqual([forwarded, returned, failed], [1, 2, 1]);
  });

  it('that says success without acks has taken all; without success, nothing', async () => {
    const yes = await through([() => ({ success: true })]);
    assert.deepEqual(fates(await yes.source.push('b', records(0, 2))), all(2, 'SUCCESS'));
    const no = await through([() => ({ success: false, error: 'no' })]);
    assert.deepEqual(fates(await no.source.push('b', records(0, 2))), all(2, 'RETRY STAGE_BAD_RESPONSE'));
  });

  it('is called under the prefix that it answers to, and remembered', async () => {
    for (const prefix of PREFIXES) {
      const { source, peers } = await through([taken, { prefixes: [prefix] }]);
      for (const i of range(0, 3))
        assert.deepEqual(fates(await source.push(`b${i}`, records(i, 1))), ['SUCCESS']);
      assert.deepEqual(
        peers[0]!.calls.map((call) => call.prefix),
        all(3, prefix),
      );
    }
  });

  it('that knows no prefix at all is unusable', async () => {
    const { source } = await through([taken, { prefixes: [] }]);
    assert.deepEqual(fates(await source.push('b', records(0, 2))), all(2, 'RETRY STAGE_UNUSABLE'));
  });

  it('may pass the hop limit on: RETRY HOP_LIMIT, as it is', async () => {
    const { source } = await through([(call) => refused(call, 'HOP_LIMIT')]);
    assert.deepEqual(fates(await source.push('b', records(0, 2))), all(2, 'RETRY HOP_LIMIT'));
  });
});

describe('services and sources of either prefix', () => {
  it('a service is called under the name that reflection gave, sources push under both', async () => {
    const t = await scene.transform({ name: 't', protoService: 'conveyor_etl.transform.TransformService' });
    const sink = await scene.sink({ protoService: 'acme.v1.MySink' });
    const path = await scene.path([t.service, sink.service]);
    path.assign(chain([here(t), here(sink)]));
    for (const [i, prefix] of PREFIXES.entries()) {
      const source = openPush(path.path.port, { prefix });
      source.init('src', 'p');
      assert.equal((await source.push('b', records(i * 2, 2))).success, true);
      assert.equal((await source.finish()).code, 0);
    }
    assert.deepEqual(sequences(sink), range(0, 4));
  });
});
