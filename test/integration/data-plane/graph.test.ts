import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { failOnLeaks } from '../../support/leaks.ts';
import { assignment } from '../../support/path.ts';
import { record, records } from '../../support/push.ts';
import { all, chain, fates, here, range, sequences, SOURCE, there, useScene } from '../../support/scene.ts';
import { waitFor } from '../../support/wait.ts';

failOnLeaks();
const scene = useScene();

describe('records flow over a graph', () => {
  it('runs a chain: every record passes both transforms in order and reaches the sink once', async () => {
    const a = await scene.transform({
      name: 'a',
      each: (r) => ({
        status: 'TRANSFORM_STATUS_SUCCESS',
        outputRecords: [{ ...r, metadata: { seen: 'a' } }],
      }),
    });
    const b = await scene.transform({
      name: 'b',
      each: (r) => ({
        status: 'TRANSFORM_STATUS_SUCCESS',
        outputRecords: [{ ...r, metadata: { seen: `${r.metadata['seen'] ?? ''}b` } }],
      }),
    });
    const sink = await scene.sink();
    const path = await scene.path([a.service, b.service, sink.service]);
    path.assign(chain([here(a), here(b), here(sink)]));
    const push = scene.source(path, { pipelineId: 'p' });
    const acks = await Promise.all(range(0, 20).map((i) => push.push(`b${i}`, records(i * 10, 10))));
    assert.ok(acks.every(({ success, recordAcks }) => success && recordAcks.length === 10));
    assert.equal((await push.finish()).code, 0);
    assert.deepEqual(sequences(sink), range(0, 200));
    assert.ok(sink.written.every(({ metadata }) => metadata['seen'] === 'ab'));
    const ledger = path.ledger('default/p');
    assert.equal(ledger['entered'], 200);
    assert.equal(ledger['delivered'], 200);
    assert.equal(ledger['replaced'], 400);
  });

  it('splits, filters and fails: one acknowledgement a record, with the worst fate of what it became', async () => {
    const t = await scene.transform({
      name: 't',
      each(r) {
        const n = Number(r.id?.sequenceNumber);
        if (n % 4 === 0) return { status: 'TRANSFORM_STATUS_FILTERED', outputRecords: [r] };
        if (n % 4 === 1) return { status: 'TRANSFORM_STATUS_ERROR', errorMessage: `no ${n}` };
        if (n % 4 === 2) return { status: 'TRANSFORM_STATUS_SPLIT', outputRecords: [r, r, r] };
        return { status: 'TRANSFORM_STATUS_SUCCESS', outputRecords: [] };
      },
    });
    const sink = await scene.sink();
    const path = await scene.path([t.service, sink.service]);
    path.assign(chain([here(t), here(sink)]));
    const push = scene.source(path);
    const ack = await push.push('b', records(0, 8));
    assert.equal(ack.success, false);
    assert.deepEqual(
      ack.recordAcks.map(({ status, code, error }) => [status, code, error]),
      [0, 1, 2, 3, 4, 5, 6, 7].map((n) =>
        n % 4 === 1 ? ['ACK_STATUS_FAILED', 'TRANSFORM_ERROR', `no ${n}`] : ['ACK_STATUS_SUCCESS', '', ''],
      ),
    );
    assert.deepEqual(sequences(sink), [2, 2, 2, 6, 6, 6]);
    const ledger = path.ledger('default/p');
    assert.deepEqual(
      [ledger['filtered'], ledger['failed'], ledger['delivered'], ledger['derived'], ledger['replaced']],
      [4, 2, 6, 6, 2],
    );
  });

  it('fans out to two branches and joins them again: a union, and one acknowledgement', async () => {
    const left = await scene.transform({ name: 'left' });
    const right = await scene.transform({ name: 'right' });
    const sink = await scene.sink();
    const path = await scene.path([left.service, right.service, sink.service]);
    path.assign(
      assignment(
        'default/p',
        [SOURCE, here(left), here(right), here(sink)],
        ['src>left', 'src>right', 'left>k', 'right>k'],
      ),
    );
    const push = scene.source(path);
    const acks = await Promise.all([push.push('x', records(0, 50)), push.push('y', records(50, 50))]);
    assert.ok(acks.every(({ success }) => success));
    assert.deepEqual(
      sequences(sink).sort((a, b) => a - b),
      Array.from({ length: 200 }, (_, i) => i >> 1),
    );
    const ledger = path.ledger('default/p');
    assert.deepEqual(
      [ledger['entered'], ledger['derived'], ledger['delivered'], ledger['replaced']],
      [100, 300, 200, 200],
    );
  });

  it('lets the worst branch decide: RETRY wins over FAILED over SUCCESS', async () => {
    const good = await scene.sink({ name: 'good' });
    const bad = await scene.sink({
      name: 'bad',
      batch: ({ batch }) => ({
        status: 'WRITE_STATUS_PARTIAL',
        results: (batch?.records ?? []).map(({ id }) => ({
          recordId: id,
          success: Number(id?.sequenceNumber) === 0,
          error: 'full',
          retryable: Number(id?.sequenceNumber) === 2,
        })),
      }),
    });
    const path = await scene.path([good.service, bad.service]);
    path.assign(assignment('default/p', [SOURCE, here(good), here(bad)], ['src>good', 'src>bad']));
    const push = scene.source(path);
    const ack = await push.push('b', records(0, 3));
    assert.deepEqual(fates(ack), ['SUCCESS', 'FAILED SINK_REJECTED', 'RETRY SINK_RETRYABLE']);
  });

  it('forwards to another sidecar, never back, and tells its fate in the acknowledgement', async () => {
    const t = await scene.transform({ name: 't' });
    const sink = await scene.sink();
    const down = await scene.path([sink.service]);
    const up = await scene.path([t.service]);
    up.assign(chain([here(t), there('k', 'sink', down.path.port)]));
    down.assign(chain([there('t', 'transform', up.path.port), here(sink)]));
    const push = scene.source(up);
    const acks = await Promise.all(range(0, 10).map((i) => push.push(`b${i}`, records(i * 5, 5))));
    assert.ok(acks.every(({ success }) => success));
    assert.deepEqual(sequences(sink), range(0, 50));
    assert.equal(up.ledger('default/p')['forwarded'], 50);
    assert.equal(down.ledger('default/p')['delivered'], 50);
  });

  it('takes two replicas in turn, and goes on with one when the other is gone', async () => {
    const sinks = [await scene.sink(), await scene.sink()];
    const downs = [];
    for (const sink of sinks) downs.push(await scene.path([sink.service]));
    const up = await scene.path([]);
    const ports = downs.map(({ path }) => path.port);
    up.assign(chain([there('k', 'sink', ...ports)]));
    for (const [i, down] of downs.entries()) down.assign(chain([here(sinks[i]!)]));
    const push = scene.source(up);
    for (let i = 0; i < 10; i++) assert.ok((await push.push(`b${i}`, records(i * 3, 3))).success);
    assert.equal(sinks[0]!.written.length, 15);
    assert.equal(sinks[1]!.written.length, 15);
    await downs[0]!.stop();
    for (let i = 10; i < 20; i++) assert.ok((await push.push(`b${i}`, records(i * 3, 3))).success);
    assert.equal(sinks[1]!.written.length, 45);
  });

  it('acknowledges an empty batch at once, and refuses a record without an id', async () => {
    const sink = await scene.sink();
    const path = await scene.path([sink.service]);
    path.assign(chain([here(sink)]));
    const push = scene.source(path);
    assert.equal((await push.push('empty', [])).success, true);
    const ack = await push.push('b', [record(0), { payload: Buffer.from('x') }, record(1)]);
    assert.deepEqual(
      ack.recordAcks.map(({ code }) => code),
      ['', 'RECORD_ID_MISSING', ''],
    );
    assert.deepEqual(sequences(sink), [0, 1]);
  });

  it('refuses a source without a name, and more records than an acknowledgement can name', async () => {
    const path = await scene.path([]);
    const nameless = scene.source(path, { sourceId: '' });
    const refused = await nameless.ended;
    assert.deepEqual([refused.code, refused.details.includes('source_id')], [3, true]);
    const crowded = scene.source(path);
    const batch = crowded.push('many', records(0, 16_385, { bytes: 0 }));
    await assert.rejects(batch, /16385 records: send at most 16384/);
  });

  it('cuts errors, so that what acknowledges a large batch fits the usual message', async () => {
    const t = await scene.transform({
      name: 't',
      each: () => ({ status: 'TRANSFORM_STATUS_ERROR', errorMessage: 'x'.repeat(1_000) }),
    });
    const path = await scene.path([t.service]);
    path.assign(chain([here(t)]));
    const push = scene.source(path);
    const ack = await push.push('b', records(0, 6_000));
    assert.deepEqual(fates(ack), all(6_000, 'FAILED TRANSFORM_ERROR'));
    assert.equal(ack.recordAcks[0]?.error.length, 1_000);
  });

  it('sends a sink no more records at once than it last said it has room for', async () => {
    const sizes: number[] = [];
    const sink = await scene.sink({
      name: 'k',
      batch: ({ batch }) => {
        sizes.push(batch?.records.length ?? 0);
        return undefined;
      },
    });
    const service = { ...sink.service, availableCapacity: 7 };
    const path = await scene.path([service]);
    path.assign(chain([here({ ...sink, service })]));
    const push = scene.source(path);
    assert.ok((await push.push('b', records(0, 20))).success);
    assert.deepEqual(sizes, [7, 7, 6]);
    assert.deepEqual(sequences(sink), range(0, 20));
  });

  it('returns records of a pipeline that is not assigned, with a pause, and takes them when it is', async () => {
    const sink = await scene.sink();
    const path = await scene.path([sink.service]);
    const push = scene.source(path, { pipelineId: 'p' });
    const refused = await push.push('early', records(0, 2));
    assert.deepEqual(fates(refused), all(2, 'RETRY PIPELINE_NOT_ASSIGNED'));
    assert.equal(push.pauses[0]?.pause, true);
    path.assign(chain([here(sink)]));
    await waitFor(() => push.pauses.at(-1)?.pause === false, { what: 'the end of the pause' });
    assert.ok((await push.push('again', records(0, 2))).success);
    assert.deepEqual(sequences(sink), [0, 1]);
  });
});
