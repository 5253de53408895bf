import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createController, type ControllerOptions } from '../../../src/foundation/kubernetes/controller.ts';
import { useKeep } from '../../support/keep.ts';
import { recordLog } from '../../support/log.ts';
import { manualClock } from '../../support/manual-clock.ts';

const keep = useKeep();
const soon = () => AbortSignal.timeout(1_000);

async function start(reconcile: ControllerOptions['reconcile'], options: Partial<ControllerOptions> = {}) {
  const clock = manualClock();
  const logger = recordLog();
  const runs: { key: string; atMs: number }[] = [];
  const controller = createController({
    ...{ name: 'test', clock, logger, random: () => 0.5 },
    timings: { spacingMs: 50, backoff: { baseMs: 1_000, maxMs: 8_000 } },
    async reconcile(key, signal) {
      runs.push({ key, atMs: clock.now() });
      return await reconcile(key, signal);
    },
    ...options,
  });
  await controller.start(soon());
  keep({ stop: () => controller.stop(soon()) });
  const advance = async (ms: number): Promise<void> => {
    // what has been enqueued is seen first
    await turn();
    await clock.advance(ms);
    await turn();
  };
  return { controller, advance, logger, runs, times: () => runs.map(({ atMs }) => atMs) };
}
const nothing = () => Promise.resolve(undefined);

/** A reconcile that ends when told. */
function held() {
  const waiting: (() => void)[] = [];
  return {
    reconcile: () =>
      new Promise<undefined>((resolve) => {
        waiting.push(() => resolve(undefined));
      }),
    release: () => waiting.shift()?.(),
  };
}

describe('a controller', () => {
  it('runs at once, and merges what comes before a run', async () => {
    const { controller, advance, runs } = await start(nothing);
    for (const key of ['a', 'b', 'a', 'a']) controller.enqueue(key);
    await advance(0);
    assert.deepEqual(
      runs.map(({ key }) => key),
      ['a', 'b'],
    );
  });

  it('runs once more for all that comes during a run, at a distance', async () => {
    const { reconcile, release } = held();
    const { controller, advance, times } = await start(reconcile);
    controller.enqueue('a');
    await advance(0);
    controller.enqueue('a');
    controller.enqueue('a');
    await advance(10);
    assert.deepEqual(times(), [1_000]);
    release();
    await advance(500);
    assert.deepEqual(times(), [1_000, 1_060]);
    release();
  });

  it('keeps a storm of events from being a storm of runs', async () => {
    const { controller, advance, times } = await start(nothing);
    for (let at = 0; at < 100; at++) {
      controller.enqueue('a');
      await advance(2);
    }
    assert.ok(times().length <= 5, `${times().length} runs`);
    await advance(100);
    assert.ok(times().at(-1)! >= 1_198, 'the last event has its run');
  });

  it('comes again when told, unless there is news before', async () => {
    const { controller, advance, times } = await start(() => Promise.resolve({ requeueAfterMs: 5_000 }));
    controller.enqueue('a');
    await advance(5_000);
    assert.deepEqual(times(), [1_000, 6_000]);
    controller.enqueue('a');
    await advance(1_000);
    assert.deepEqual(times(), [1_000, 6_000, 6_050]);
  });

  it('tries again with backoff, with one line in the log an outage', async () => {
    let broken = true;
    const { controller, advance, times, logger } = await start(() =>
      broken ? Promise.reject(new Error('no')) : nothing(),
    );
    controller.enqueue('a');
    await advance(20_000);
    assert.deepEqual(times(), [1_000, 1_500, 2_500, 4_500, 8_500, 12_500, 16_500, 20_500]);
    broken = false;
    controller.enqueue('a');
    await advance(60_000);
    assert.equal(times().length, 9);
    const lines = logger.lines.filter(({ level }) => level !== 'debug');
    assert.deepEqual(
      lines.map(({ message, fields }) => [message, fields['key']]),
      [
        ['reconcile failed', 'a'],
        ['reconcile works', 'a'],
      ],
    );
  });

  it('runs as many keys at a time as told, never one twice', async () => {
    const { reconcile, release } = held();
    const { controller, advance, runs } = await start(reconcile, { concurrency: 2 });
    for (const key of ['a', 'b', 'c']) controller.enqueue(key);
    await advance(100);
    assert.deepEqual(
      runs.map(({ key }) => key),
      ['a', 'b'],
    );
    release();
    await advance(0);
    assert.deepEqual(
      runs.map(({ key }) => key),
      ['a', 'b', 'c'],
    );
    release();
    release();
  });

  it('aborts what runs when it stops, and waits for it', async () => {
    let ended = false;
    const { controller, advance } = await start(async (_key, signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await Promise.resolve();
      ended = true;
      return undefined;
    });
    controller.enqueue('a');
    await advance(0);
    await controller.stop(soon());
    assert.ok(ended);
    controller.enqueue('b');
  });

  it('does not wait for ever for what does not heed the abort', async () => {
    const { controller, advance } = await start(() => new Promise(() => undefined));
    controller.enqueue('a');
    await advance(0);
    await controller.stop(AbortSignal.timeout(20));
  });

  it('takes keys before its start', async () => {
    const clock = manualClock();
    const runs: string[] = [];
    const controller = createController({
      ...{ name: 'test', clock, logger: recordLog() },
      reconcile(key) {
        runs.push(key);
        return nothing();
      },
    });
    controller.enqueue('early');
    await controller.start(soon());
    assert.deepEqual(runs, ['early']);
    await controller.stop(soon());
  });
});
