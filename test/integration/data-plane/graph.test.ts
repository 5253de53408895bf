import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { failOnLeaks } from '../../support/leaks.ts';
import { assignment, startPath, type TestPath } from '../../support/path.ts';
import { openPush, record, records } from '../../support/push.ts';
import { type SinkService, startSink, startTransform } from '../../support/stages.ts';
import { waitFor } from '../../support/wait.ts';

failOnLeaks();

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
function kept<T extends { stop(): Promise<unknown> }>(started: T): T {
  stops.push(() => started.stop());
  return started;
}
const sequences = ({ written }: SinkService): number[] => written.map(({ id }) => Number(id?.sequenceNumber));
function balanced(path: TestPath, pipeline = 'default/p'): Record<string, number> {
  const ledger = path.ledger(pipeline);
  assert.equal(ledger.unaccounted, 0);
  assert.equal(ledger.inFlight, 0);
  return ledger;
}

describe('records flow over a graph', () => {
  it('runs a chain: every record passes both transforms in order and reaches the sink once', async () => {
    const a = kept(
      await startTransform({
        name: 'a',
        each: (r) => ({
          status: 'TRANSFORM_STATUS_SUCCESS',
          outputRecords: [{ ...r, metadata: { seen: 'a' } }],
        }),
      }),
    );
    const b = kept(
      await startTransform({
        name: 'b',
        each: (r) => ({
          status: 'TRANSFORM_STATUS_SUCCESS',
          outputRecords: [{ ...r, metadata: { seen: `${r.metadata['seen'] ?? ''}b` } }],
        }),
      }),
    );
    const sink = kept(await startSink({ name: 'k' }));
    const path = kept(await startPath([a.service, b.service, sink.service]));
    path.assign(
      assignment(
        'default/p',
        [
          { id: 'src', type: 'source' },
          { id: 'a', type: 'transform', local: a.service },
          { id: 'b', type: 'transform', local: b.service },
          { id: 'k', type: 'sink', local: sink.service },
        ],
        ['src>a', 'a>b', 'b>k'],
      ),
    );
    const push = openPush(path.path.port);
    push.init('src', 'p');
    const acks = await Promise.all(
      Array.from({ length: 20 }, (_, i) => push.push(`b${i}`, records(i * 10, 10))),
    );
    assert.ok(acks.every(({ success, recordAcks }) => success && recordAcks.length === 10));
    assert.equal((await push.finish()).code, 0);
    assert.deepEqual(
      sequences(sink),
      Array.from({ length: 200 }, (_, i) => i),
    );
    assert.ok(sink.written.every(({ metadata }) => metadata['seen'] === 'ab'));
    const ledger = balanced(path);
    assert.equal(ledger['entered'], 200);
    assert.equal(ledger['delivered'], 200);
    assert.equal(ledger['replaced'], 400);
  });

  it('splits, filters and fails: one acknowledgement a record, with the worst fate of what it became', async () => {
    const t = kept(
      await startTransform({
        name: 't',
        each(r) {
          const n = Number(r.id?.sequenceNumber);
          if (n % 4 === 0) return { status: 'TRANSFORM_STATUS_FILTERED', outputRecords: [r] };
          if (n % 4 === 1) return { status: 'TRANSFORM_STATUS_ERROR', errorMessage: `no ${n}` };
          if (n % 4 === 2) return { status: 'TRANSFORM_STATUS_SPLIT', outputRecords: [r, r, r] };
          return { status: 'TRANSFORM_STATUS_SUCCESS', outputRecords: [] };
        },
      }),
    );
    const sink = kept(await startSink({ name: 'k' }));
    const path = kept(await startPath([t.service, sink.service]));
    path.assign(
      assignment(
        'default/p',
        [
          { id: 'src', type: 'source' },
          { id: 't', type: 'transform', local: t.service },
          { id: 'k', type: 'sink', local: sink.service },
        ],
        ['src>t', 't>k'],
      ),
    );
    const push = openPush(path.path.port);
    push.init('src', 'default/p');
    const ack = await push.push('b', records(0, 8));
    assert.equal(ack.success, false);
    assert.deepEqual(
      ack.recordAcks.map(({ status, code, error }) => [status, code, error]),
      [0, 1, 2, 3, 4, 5, 6, 7].map((n) =>
        n % 4 === 1 ? ['ACK_STATUS_FAILED', 'TRANSFORM_ERROR', `no ${n}`] : ['ACK_STATUS_SUCCESS', '', ''],
      ),
    );
    assert.deepEqual(sequences(sink), [2, 2, 2, 6, 6, 6]);
    const ledger = balanced(path);
    assert.deepEqual(
      [ledger['filtered'], ledger['failed'], ledger['delivered'], ledger['derived'], ledger['replaced']],
      [4, 2, 6, 6, 2],
    );
    await push.finish();
  });

  it('fans out to two branches and joins them again: a union, and one acknowledgement', async () => {
    const left = kept(await startTransform({ name: 'left' }));
    const right = kept(await startTransform({ name: 'right' }));
    const sink = kept(await startSink({ name: 'k' }));
    const path = kept(await startPath([left.service, right.service, sink.service]));
    path.assign(
      assignment(
        'default/p',
        [
          { id: 'src', type: 'source' },
          { id: 'left', type: 'transform', local: left.service },
          { id: 'right', type: 'transform', local: right.service },
          { id: 'k', type: 'sink', local: sink.service },
        ],
        ['src>left', 'src>right', 'left>k', 'right>k'],
      ),
    );
    const push = openPush(path.path.port);
    push.init('src', 'default/p');
    const acks = await Promise.all([push.push('x', records(0, 50)), push.push('y', records(50, 50))]);
    assert.ok(acks.every(({ success }) => success));
    assert.deepEqual(
      sequences(sink).sort((a, b) => a - b),
      Array.from({ length: 200 }, (_, i) => i >> 1),
    );
    const ledger = balanced(path);
    assert.deepEqual(
      [ledger['entered'], ledger['derived'], ledger['delivered'], ledger['replaced']],
      [100, 300, 200, 200],
    );
    await push.finish();
  });

  it('lets the worst branch decide: RETRY wins over FAILED over SUCCESS', async () => {
    const good = kept(await startSink({ name: 'good' }));
    const bad = kept(
      await startSink({
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
      }),
    );
    const path = kept(await startPath([good.service, bad.service]));
    path.assign(
      assignment(
        'default/p',
        [
          { id: 'src', type: 'source' },
          { id: 'good', type: 'sink', local: good.service },
          { id: 'bad', type: 'sink', local: bad.service },
        ],
        ['src>good', 'src>bad'],
      ),
    );
    const push = openPush(path.path.port);
    push.init('src', 'default/p');
    const ack = await push.push('b', records(0, 3));
    assert.deepEqual(
      ack.recordAcks.map(({ status, code }) => [status, code]),
      [
        ['ACK_STATUS_SUCCESS', ''],
        ['ACK_STATUS_FAILED', 'SINK_REJECTED'],
        ['ACK_STATUS_RETRY', 'SINK_RETRYABLE'],
      ],
    );
    balanced(path);
    await push.finish();
  });

  it('forwards to another sidecar, never back, and tells its fate in the acknowledgement', async () => {
    const t = kept(await startTransform({ name: 't' }));
    const sink = kept(await startSink({ name: 'k' }));
    const down = kept(await startPath([sink.service]));
    const up = kept(await startPath([t.service]));
    const graph = ['src>t', 't>k'];
    up.assign(
      assignment(
        'default/p',
        [
          { id: 'src', type: 'source' },
          { id: 't', type: 'transform', local: t.service },
          { id: 'k', type: 'sink', replicas: [{ sidecarId: 'down', port: down.path.port }] },
        ],
        graph,
      ),
    );
    down.assign(
      assignment(
        'default/p',
        [
          { id: 'src', type: 'source' },
          { id: 't', type: 'transform', replicas: [{ sidecarId: 'up', port: up.path.port }] },
          { id: 'k', type: 'sink', local: sink.service },
        ],
        graph,
      ),
    );
    const push = openPush(up.path.port);
    push.init('src', 'default/p');
    const acks = await Promise.all(
      Array.from({ length: 10 }, (_, i) => push.push(`b${i}`, records(i * 5, 5))),
    );
    assert.ok(acks.every(({ success }) => success));
    assert.deepEqual(
      sequences(sink),
      Array.from({ length: 50 }, (_, i) => i),
    );
    assert.equal(balanced(up)['forwarded'], 50);
    assert.equal(balanced(down)['delivered'], 50);
    await push.finish();
  });

  it('takes two replicas in turn, and goes on with one when the other is gone', async () => {
    const sinks = [kept(await startSink({ name: 'k' })), kept(await startSink({ name: 'k' }))];
    const downs = [];
    for (const sink of sinks) downs.push(kept(await startPath([sink.service])));
    const up = kept(await startPath([]));
    const replicas = downs.map((down, i) => ({ sidecarId: `d${i}`, port: down.path.port }));
    up.assign(
      assignment(
        'default/p',
        [
          { id: 'src', type: 'source' },
          { id: 'k', type: 'sink', replicas },
        ],
        ['src>k'],
      ),
    );
    for (const [i, down] of downs.entries())
      down.assign(
        assignment(
          'default/p',
          [
            { id: 'src', type: 'source' },
            { id: 'k', type: 'sink', local: sinks[i]!.service },
          ],
          ['src>k'],
        ),
      );
    const push = openPush(up.path.port);
    push.init('src', 'default/p');
    for (let i = 0; i < 10; i++) assert.ok((await push.push(`b${i}`, records(i * 3, 3))).success);
    assert.equal(sinks[0]!.written.length, 15);
    assert.equal(sinks[1]!.written.length, 15);
    await downs[0]!.stop();
    for (let i = 10; i < 20; i++) assert.ok((await push.push(`b${i}`, records(i * 3, 3))).success);
    assert.equal(sinks[1]!.written.length, 45);
    balanced(up);
    await push.finish();
  });

  it('acknowledges an empty batch at once, and refuses a record without an id', async () => {
    const sink = kept(await startSink({ name: 'k' }));
    const path = kept(await startPath([sink.service]));
    path.assign(
      assignment(
        'default/p',
        [
          { id: 'src', type: 'source' },
          { id: 'k', type: 'sink', local: sink.service },
        ],
        ['src>k'],
      ),
    );
    const push = openPush(path.path.port);
    push.init('src', 'default/p');
    assert.equal((await push.push('empty', [])).success, true);
    const ack = await push.push('b', [record(0), { payload: Buffer.from('x') }, record(1)]);
    assert.deepEqual(
      ack.recordAcks.map(({ code }) => code),
      ['', 'RECORD_ID_MISSING', ''],
    );
    assert.deepEqual(sequences(sink), [0, 1]);
    balanced(path);
    await push.finish();
  });

  it('sends a sink no more records at once than it last said it has room for', async () => {
    const sizes: number[] = [];
    const sink = kept(
      await startSink({
        name: 'k',
        batch: ({ batch }) => {
          sizes.push(batch?.records.length ?? 0);
          return undefined;
        },
      }),
    );
    const service = { ...sink.service, availableCapacity: 7 };
    const path = kept(await startPath([service]));
    path.assign(
      assignment(
        'default/p',
        [
          { id: 'src', type: 'source' },
          { id: 'k', type: 'sink', local: service },
        ],
        ['src>k'],
      ),
    );
    const push = openPush(path.path.port);
    push.init('src', 'default/p');
    assert.ok((await push.push('b', records(0, 20))).success);
    assert.deepEqual(sizes, [7, 7, 6]);
    assert.deepEqual(
      sequences(sink),
      Array.from({ length: 20 }, (_, i) => i),
    );
    balanced(path);
    await push.finish();
  });

  it('returns records of a pipeline that is not assigned, with a pause, and takes them when it is', async () => {
    const sink = kept(await startSink({ name: 'k' }));
    const path = kept(await startPath([sink.service]));
    const push = openPush(path.path.port);
    push.init('src', 'p');
    const refused = await push.push('early', records(0, 2));
    assert.deepEqual(
      refused.recordAcks.map(({ status, code }) => [status, code]),
      Array(2).fill(['ACK_STATUS_RETRY', 'PIPELINE_NOT_ASSIGNED']),
    );
    assert.equal(push.pauses[0]?.pause, true);
    path.assign(
      assignment(
        'default/p',
        [
          { id: 'src', type: 'source' },
          { id: 'k', type: 'sink', local: sink.service },
        ],
        ['src>k'],
      ),
    );
    await waitFor(() => push.pauses.at(-1)?.pause === false, { what: 'the end of the pause' });
    assert.ok((await push.push('again', records(0, 2))).success);
    assert.deepEqual(sequences(sink), [0, 1]);
    balanced(path);
    await push.finish();
  });
});
