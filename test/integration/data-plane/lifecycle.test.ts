import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { failOnLeaks } from '../../support/leaks.ts';
import { receive } from '../../support/peer.ts';
import { records } from '../../support/push.ts';
import { all, chain, fates, here, latch, range, sequences, useScene } from '../../support/scene.ts';
import { waitFor } from '../../support/wait.ts';

failOnLeaks();
const scene = useScene();

/** A chain of a transform that lets itself be held, and a sink. */
async function held(options: Parameters<typeof scene.path>[1] = {}) {
  const door = latch();
  const t = await scene.transform({
    name: 't',
    maxBatchSize: 2,
    batch: async ({ inputBatch }) => {
      await door.opened;
      const results = (inputBatch?.records ?? []).map((each) => ({
        originalId: each.id,
        status: 'TRANSFORM_STATUS_SUCCESS' as const,
        outputRecords: [each],
      }));
      return { results };
    },
  });
  const sink = await scene.sink();
  const path = await scene.path([t.service, sink.service], options);
  const assigned = chain([here(t), here(sink)]);
  path.assign(assigned);
  const source = scene.source(path);
  const acks = range(0, 6).map((i) => source.push(`b${i}`, records(i * 2, 2, { partition: i })));
  await waitFor(() => t.calls() === 4 && path.path.dataPlane.sourceRuns === 6, {
    what: 'every place to be taken, and the others to wait for one',
  });
  return { t, sink, path, source, acks: Promise.all(acks), open: () => door.open(), assigned };
}

describe('a pipeline that drains', () => {
  it('takes nothing new, finishes what runs, and takes records again with its next assignment', async () => {
    const { path, source, acks, open, assigned, sink } = await held();
    path.path.routes.drain(['default/p'], 5_000);
    assert.deepEqual(fates(await source.push('new', records(90, 2))), all(2, 'RETRY DRAINING'));
    assert.ok(source.pauses.some(({ pause }) => pause));
    open();
    assert.deepEqual((await acks).flatMap(fates), all(12, 'SUCCESS'));
    path.assign({ ...assigned, version: 2 });
    await waitFor(() => source.pauses.at(-1)?.pause === false, { what: 'the end of the pause' });
    assert.deepEqual(fates(await source.push('again', records(90, 2))), all(2, 'SUCCESS'));
    assert.equal(sink.written.length, 14);
  });

  it('gives back with RETRY DEADLINE what does not finish in time, and goes on after it', async () => {
    const { path, acks, open, assigned, source } = await held();
    path.path.routes.drain([], 100);
    assert.deepEqual((await acks).flatMap(fates), all(12, 'RETRY DEADLINE'));
    open();
    path.assign({ ...assigned, version: 2 });
    assert.deepEqual(fates(await source.push('again', records(0, 2))), all(2, 'SUCCESS'));
  });
});

describe('a pipeline that is revoked', () => {
  it('drained first: what runs is finished, then it is unknown', async () => {
    const { path, source, acks, open, sink } = await held();
    path.path.routes.assign([], new Set(['default/p']));
    assert.deepEqual(fates(await source.push('new', records(90, 2))), all(2, 'RETRY DRAINING'));
    open();
    assert.deepEqual((await acks).flatMap(fates), all(12, 'SUCCESS'));
    assert.equal(sink.written.length, 12);
    await waitFor(() => path.path.routes.route('default/p') === undefined);
    assert.deepEqual(fates(await source.push('late', records(90, 1))), ['RETRY PIPELINE_NOT_ASSIGNED']);
    await waitFor(() => path.path.dataPlane.report().size === 0, { what: 'its ledger to be forgotten' });
  });

  it('at once: what runs comes back, nothing hangs, and its series go', async () => {
    const { path, acks, open } = await held();
    path.path.routes.assign([], new Set());
    open();
    for (const fate of (await acks).flatMap(fates)) assert.match(fate, /^(SUCCESS|RETRY STAGE_UNAVAILABLE)$/);
    await waitFor(() => path.path.dataPlane.report().size === 0, { what: 'its ledger to be forgotten' });
    assert.doesNotMatch(await path.registry.metrics(), /pipeline="default\/p"/);
  });
});

describe('a definition that changes', () => {
  it('a batch runs to its end on the graph that it began with, later ones on the new one', async () => {
    const { path, source, acks, open, sink, t } = await held();
    const other = await scene.sink({ name: 'other' });
    path.setServices([t.service, sink.service, other.service]);
    const old = path.path.routes.route('default/p')?.graph;
    path.assign(chain([here(t), here(sink), here(other)].toSpliced(1, 1), { generation: 8, version: 2 }));
    assert.notEqual(path.path.routes.route('default/p')?.graph, old);
    open();
    // its sink is not in the new table: where a stage runs is read from the newest
    for (const fate of (await acks).flatMap(fates)) assert.match(fate, /^(SUCCESS|RETRY STAGE_UNAVAILABLE)$/);
    assert.equal(other.written.length, 0, 'no record runs half by one graph and half by another');
    assert.deepEqual(fates(await source.push('new', records(50, 3))), all(3, 'SUCCESS'));
    assert.deepEqual(sequences(other), [50, 51, 52]);
  });

  it('an added branch is for later batches alone', async () => {
    const { path, source, acks, open, sink, t } = await held();
    const other = await scene.sink({ name: 'other' });
    path.setServices([t.service, sink.service, other.service]);
    const wider = chain([here(t), here(sink), here(other)], { generation: 8, version: 2 });
    path.assign({
      ...wider,
      edges: ['src>t', 't>k', 't>other'].map((edge) => {
        const [fromStage = '', toStage = ''] = edge.split('>');
        return { fromStage, toStage, condition: null };
      }),
    });
    open();
    assert.deepEqual((await acks).flatMap(fates), all(12, 'SUCCESS'));
    assert.equal(sink.written.length, 12);
    assert.equal(other.written.length, 0);
    assert.deepEqual(fates(await source.push('new', records(50, 2))), all(2, 'SUCCESS'));
    assert.deepEqual([sink.written.length, other.written.length], [14, 2]);
  });
});

describe('a sidecar that leaves', () => {
  it('refuses peers first, then sources: RETRY DRAINING and no more credits; what runs is finished', async () => {
    const { path, source, acks, open } = await held();
    const { dataPlane, port } = path.path;
    dataPlane.leavePeers();
    assert.deepEqual(fates(await receive(port, { records: records(0, 2) })), all(2, 'RETRY DRAINING'));
    const more = source.push('more', records(70, 1, { partition: 9 }));
    await waitFor(() => dataPlane.sourceRuns === 7);
    dataPlane.leaveSources();
    const granted = source.granted();
    assert.deepEqual(fates(await source.push('late', records(90, 2))), all(2, 'RETRY DRAINING'));
    open();
    assert.deepEqual((await acks).flatMap(fates), all(12, 'SUCCESS'));
    assert.deepEqual(fates(await more), ['SUCCESS']);
    assert.equal(source.granted(), granted);
    const newcomer = scene.source(path);
    await waitFor(() => newcomer.pauses.length === 1);
    assert.equal(newcomer.granted(), 0);
    dataPlane.endStreams();
    assert.equal((await source.ended).code, 0);
  });

  it('gives back what is in flight when its time is over, never as FAILED', async () => {
    const { path, acks, open } = await held();
    path.path.dataPlane.leaveSources();
    path.path.dataPlane.expire();
    assert.deepEqual((await acks).flatMap(fates), all(12, 'RETRY DEADLINE'));
    open();
  });
});
