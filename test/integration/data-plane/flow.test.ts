import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { failOnLeaks } from '../../support/leaks.ts';
import { assignment, type TestPath } from '../../support/path.ts';
import { receive } from '../../support/peer.ts';
import { records } from '../../support/push.ts';
import { all, chain, fates, here, range, sequences, SOURCE, there, useScene } from '../../support/scene.ts';
import { waitFor } from '../../support/wait.ts';

failOnLeaks();
const scene = useScene();

const MIB = 1 << 20;
/** A sidecar with next to no memory. */
const TINY = { byteBudget: 2 * MIB, maxMessageBytes: MIB / 2, batchTimeoutMs: 20_000 };

/** Watches the most that a sidecar holds at any time. */
function watched({ path }: TestPath): () => number {
  let most = 0;
  const { budget } = path.dataPlane;
  const hold = budget.hold.bind(budget);
  budget.hold = (...given) => {
    const held = hold(...given);
    most = Math.max(most, budget.usedBytes);
    return held;
  };
  return () => most;
}

describe('credits', () => {
  it('are granted after PushInit, and anew as acknowledgements come', async () => {
    const sink = await scene.sink();
    const path = await scene.path([sink.service], { credits: 100 });
    path.assign(chain([here(sink)]));
    const source = scene.source(path);
    await waitFor(() => source.granted() === 100);
    await source.push('a', records(0, 7));
    await waitFor(() => source.granted() === 107);
    // a batch may take the balance below zero: none is too large for the window
    assert.deepEqual(fates(await source.push('b', records(7, 500))), all(500, 'SUCCESS'));
    await waitFor(() => source.granted() === 607);
    await source.push('empty', []);
    assert.equal(source.granted(), 607);
  });
});

describe('the byte budget', () => {
  it('holds back a source that ignores its credits, tells it so, and loses nothing', async () => {
    const sink = await scene.holdingSink();
    const path = await scene.path([sink.service], { ...TINY, credits: 10 });
    path.assign(chain([here(sink)]));
    const most = watched(path);
    const source = scene.source(path);
    const acks = Promise.all(
      range(0, 400).map((i) => source.push(`b${i}`, records(i * 2, 2, { bytes: 16 << 10 }))),
    );
    const pause = await waitFor(() => source.pauses.find(({ pause }) => pause), { what: 'the pause' });
    assert.match(pause.reason, /budget/);
    assert.ok(most() > 0.3 * MIB && most() <= MIB + TINY.maxMessageBytes, `${most()} bytes in flight`);
    sink.open();
    assert.deepEqual((await acks).flatMap(fates), all(800, 'SUCCESS'));
    assert.deepEqual(sequences(sink), range(0, 800));
    await waitFor(() => source.pauses.at(-1)?.pause === false, { what: 'the end of the pause' });
    assert.ok(most() <= 2 * MIB, `${most()} bytes in flight`);
  });

  it('is shared: a pipeline with a sink that stands still does not stall another, whatever its transforms make', async () => {
    const slow = await scene.holdingSink({ name: 'slow' });
    const doubling = await scene.transform({
      name: 't',
      each: (r) => ({ status: 'TRANSFORM_STATUS_SPLIT', outputRecords: [r, r, r] }),
    });
    const sink = await scene.sink();
    const path = await scene.path([slow.service, doubling.service, sink.service], TINY);
    path.assign(chain([here(doubling), here(slow)]), chain([here(sink)], { id: 'default/q', generation: 8 }));
    const held = scene.source(path);
    const stuck = range(0, 60).map((i) =>
      held.push(`b${i}`, records(i * 4, 4, { bytes: 16 << 10, partition: i })),
    );
    await waitFor(() => held.pauses.some(({ pause }) => pause), {
      what: 'the first pipeline to be held back',
    });
    const source = scene.source(path, { sourceId: 'other', pipelineId: 'default/q' });
    const acks = await Promise.all(
      range(0, 100).map((i) => source.push(`b${i}`, records(i, 1, { bytes: 16 << 10 }))),
    );
    assert.deepEqual(acks.flatMap(fates), all(100, 'SUCCESS'));
    assert.equal(slow.written.length, 0);
    slow.open();
    assert.deepEqual((await Promise.all(stuck)).flatMap(fates), all(240, 'SUCCESS'));
  });

  it('bounds what many sidecars send at one time', async () => {
    const sink = await scene.holdingSink();
    const path = await scene.path([sink.service], TINY);
    path.assign(chain([here(sink)]));
    const most = watched(path);
    const calls = range(0, 60).map((i) =>
      receive(path.path.port, {
        records: records(i, 1, { bytes: 400 << 10, partition: i }),
        headers: { 'conveyor-hops': '1', 'conveyor-generation': '7' },
        timeoutMs: 15_000,
      }),
    );
    await waitFor(() => path.path.dataPlane.budget.waiting > 0, { what: 'calls that wait' });
    await waitFor(() => sink.calls() === 4);
    sink.open();
    for (const answer of await Promise.all(calls)) assert.deepEqual(fates(answer), ['SUCCESS']);
    assert.ok(most() <= 2 * TINY.byteBudget, `${most()} bytes in flight with a budget of ${TINY.byteBudget}`);
  });

  it('answers a call that waits too long to be read with DEADLINE_EXCEEDED, and forgets it', async () => {
    const sink = await scene.holdingSink();
    const path = await scene.path([sink.service], TINY);
    path.assign(chain([here(sink)]));
    const { budget } = path.path.dataPlane;
    const call = (i: number, timeoutMs: number): Promise<unknown> =>
      receive(path.path.port, {
        records: records(i, 1, { bytes: 400 << 10, partition: i }),
        headers: { 'conveyor-hops': '1', 'conveyor-generation': '7' },
        timeoutMs,
      });
    const patient: Promise<unknown>[] = [];
    while (budget.waiting === 0) {
      patient.push(call(patient.length, 15_000));
      await waitFor(() => path.path.dataPlane.peerRuns + budget.waiting === patient.length);
    }
    await assert.rejects(call(99, 200), { code: 'DEADLINE_EXCEEDED' });
    await waitFor(() => budget.waiting === 1, { what: 'the late call to be forgotten' });
    sink.open();
    await Promise.all(patient);
  });
});

describe('nothing waits in a circle', () => {
  /** Sidecars of next to no memory, each with one transform; the last stage is a sink at the sidecar `sinkAt`. */
  async function circle(
    sidecars: number,
    sinkAt: number,
  ): Promise<{ first: TestPath; written: () => number[] }> {
    const sink = await scene.sink();
    const transforms = [];
    for (const i of range(0, sidecars)) transforms.push(await scene.transform({ name: `t${i}` }));
    const paths: TestPath[] = [];
    for (const [i, t] of transforms.entries())
      paths.push(await scene.path(i === sinkAt ? [t.service, sink.service] : [t.service], TINY));
    for (const [i, path] of paths.entries()) {
      const stages = transforms.map((t, at) =>
        at === i ? here(t) : there(`t${at}`, 'transform', paths[at]!.path.port),
      );
      path.assign(
        chain([...stages, i === sinkAt ? here(sink) : there('k', 'sink', paths[sinkAt]!.path.port)]),
      );
    }
    return { first: paths[0]!, written: () => sequences(sink) };
  }

  for (const [what, sidecars, sinkAt] of [
    ['over three sidecars', 3, 2],
    ['from one to another and back', 2, 0],
  ] as const) {
    it(`${what}: far more than the budget goes through`, async () => {
      const { first, written } = await circle(sidecars, sinkAt);
      const source = scene.source(first);
      const acks = await Promise.all(
        range(0, 120).map((i) =>
          source.push(`b${i}`, records(i * 5, 5, { bytes: 16 << 10, partition: i % 7 })),
        ),
      );
      assert.deepEqual(acks.flatMap(fates), all(600, 'SUCCESS'));
      assert.deepEqual(
        written().sort((a, b) => a - b),
        range(0, 600),
      );
    });
  }

  it('two sidecars that feed each other, with little memory', async () => {
    const sinks = [await scene.sink({ name: 'k0' }), await scene.sink({ name: 'k1' })];
    const paths = [await scene.path([sinks[0]!.service], TINY), await scene.path([sinks[1]!.service], TINY)];
    const of = (from: number, at: number) =>
      assignment(
        `default/p${from}`,
        [
          SOURCE,
          at === from ? there('k', 'sink', paths[1 - from]!.path.port) : here(sinks[at]!, { id: 'k' }),
        ],
        ['src>k'],
        { generation: 10 + from },
      );
    for (const [at, path] of paths.entries()) path.assign(of(0, at), of(1, at));
    const acks = await Promise.all(
      paths.map((path, at) => {
        const source = scene.source(path, { pipelineId: `default/p${at}` });
        return Promise.all(
          range(0, 100).map((i) => source.push(`b${i}`, records(i * 4, 4, { bytes: 16 << 10 }))),
        );
      }),
    );
    assert.deepEqual(acks.flat().flatMap(fates), all(800, 'SUCCESS'));
    for (const sink of sinks) assert.deepEqual(sequences(sink), range(0, 400));
  });
});
