import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Life } from '../../../src/sidecar/leaving/life.ts';
import type {
  HeldService,
  LeavingContainer,
  LeavingPlane,
  LeavingPod,
} from '../../../src/sidecar/leaving/ports.ts';
import { recordLog } from '../../support/log.ts';
import { waitFor } from '../../support/wait.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';

type Facts = NonNullable<ReturnType<LeavingPod['facts']>>;

const app = (state: LeavingContainer['state'], ended = false): LeavingContainer => ({
  ...{ sidecar: false, state, ended, restarts: 0, startedAt: '' },
});
const factsOf = (given: Partial<Facts> = {}): Facts => ({
  ...{
    native: false,
    gracePeriodMs: 30_000,
    deletion: undefined,
    containers: new Map([['app', app('running')]]),
  },
  ...given,
});

/** A manual clock that first lets what has begun come to its first sleep. */
function patientClock(): ManualClock {
  const clock = manualClock(10_000);
  return {
    ...clock,
    async advance(ms) {
      await turn();
      await clock.advance(ms);
      await turn();
    },
  };
}

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A life in a pod, with a source that pushes until the test says that it has gone. */
function stand(first: Facts | undefined, { pod: isInPod = true } = {}) {
  const clock = patientClock();
  const log = recordLog();
  const calls: string[] = [];
  const world = {
    ...{ facts: first, openStreams: true, inFlight: 0, peerRuns: 0, lastOpenMs: clock.now() },
    services: [] as HeldService[],
  };
  let tell: () => void = () => undefined;
  const dataPlane: LeavingPlane = {
    lastPeerCall: 0,
    get lastStream() {
      if (world.openStreams) world.lastOpenMs = clock.now();
      return world.lastOpenMs;
    },
    get peerRuns() {
      return world.peerRuns;
    },
    inFlight: () => world.inFlight,
    leavePeers: () => void calls.push('leave peers'),
    leaveSources: () => void calls.push('leave sources'),
    expire() {
      calls.push('expire');
      world.inFlight = 0;
    },
    endStreams: () => void calls.push('end streams'),
    report: () => new Map(),
  };
  const events: string[] = [];
  const life = new Life({
    clock,
    logger: log,
    dataPlane,
    session: {
      setDraining: () => Promise.resolve(void calls.push('draining')),
      leave: () => Promise.resolve(void calls.push('goodbye')),
    },
    services: {
      found: () => world.services,
      withhold: () => undefined,
      activeRequests: () => 0,
      line: () => ({ broken: () => false, close: () => undefined }),
      renew: () => undefined,
    },
    flushSinks: () => Promise.resolve([]),
    notServing: () => undefined,
    pod: isInPod
      ? {
          facts: () => world.facts,
          onChange(listener) {
            tell = listener;
            return () => void (tell = () => undefined);
          },
        }
      : undefined,
    facts: {},
    terminationLog: '/nowhere/at/all',
    graceMs: 'pod',
    record: ({ message }) => void events.push(message),
  });
  let over = false;
  let exit = false;
  void life.exitRequested.then(() => (exit = true));
  life.started(() => Promise.resolve());
  cleanups.push(async () => {
    const gone = life.shutdown(0);
    world.openStreams = false;
    await clock.advance(200_000);
    await gone;
  });
  return {
    ...{ clock, life, calls, events, world, log },
    signal: () => void life.shutdown().then(() => (over = true)),
    isOver: () => over,
    wantsExit: () => exit,
    change: (facts: Facts | undefined) => {
      world.facts = facts;
      tell();
    },
    /** That the second half began, in milliseconds since the start. */
    outbound: () => calls.includes('leave sources'),
    deleted: (given: Partial<Facts> = {}, graceMs = 30_000): Facts =>
      factsOf({ deletion: { atWallMs: clock.wallTime() + graceMs, graceMs }, ...given }),
  };
}

describe('the life of a sidecar in a plain container', () => {
  it('begins to end with the deletion of the pod, and lets sources push until they have gone', async () => {
    const { clock, life, change, deleted, calls, signal, outbound, world, isOver, events } = stand(factsOf());
    assert.equal(life.leaving(), false);
    change(deleted());
    assert.equal(life.leaving(), true);
    await clock.advance(2_000);
    assert.deepEqual(calls, ['draining', 'leave peers']);
    signal();
    await clock.advance(10_000);
    assert.equal(outbound(), false);
    world.openStreams = false;
    await clock.advance(900);
    assert.equal(outbound(), false);
    await clock.advance(200);
    await waitFor(isOver);
    assert.deepEqual(calls.slice(2), ['leave sources', 'end streams', 'goodbye']);
    assert.match(
      events[0] ?? '',
      /^drained in \d+\.\d s: 0 records were in flight, 0 finished, 0 given back$/,
    );
  });

  it('waits for an application that stays until a fifth of the time is left', async () => {
    const { clock, change, deleted, signal, outbound, isOver } = stand(factsOf());
    change(deleted({}, 10_000));
    signal();
    await clock.advance(7_900);
    assert.equal(outbound(), false);
    await clock.advance(200);
    assert.ok(outbound());
    await waitFor(isOver);
  });

  it('gives back what is in flight before the time of the deletion, not of the spec', async () => {
    const { clock, change, deleted, signal, calls, isOver, world } = stand(factsOf());
    world.inFlight = 3;
    change(deleted({}, 10_000));
    signal();
    await clock.advance(8_900);
    assert.ok(!calls.includes('expire'));
    await clock.advance(200);
    assert.ok(calls.includes('expire'));
    await waitFor(isOver);
  });

  it('takes our own hook for the end also where the API is silent, and plans by what it last said', async () => {
    const { clock, life, change, signal, outbound } = stand(factsOf({ gracePeriodMs: 20_000 }));
    change(undefined);
    life.preStop();
    assert.equal(life.leaving(), true);
    await clock.advance(1_000);
    life.preStop();
    signal();
    await clock.advance(14_900);
    assert.equal(outbound(), false);
    await clock.advance(200);
    assert.ok(outbound());
  });

  it('does not take a restart of the application for the end, nor a container that failed', async () => {
    const { clock, life, change } = stand(factsOf());
    change(factsOf({ containers: new Map([['app', app('terminated')]]) }));
    change(factsOf({ containers: new Map([['app', app('waiting')]]) }));
    change(factsOf());
    await clock.advance(60_000);
    assert.equal(life.leaving(), false);
  });

  it('ends by itself when the application of a Job is done', async () => {
    const { clock, life, change, wantsExit } = stand(factsOf());
    const containers = new Map([
      ['app', app('terminated', true)],
      ['mesh', { ...app('running'), sidecar: true }],
    ]);
    change(factsOf({ containers: new Map([...containers, ['second', app('running')]]) }));
    assert.equal(life.leaving(), false);
    change(factsOf({ containers }));
    await clock.advance(100);
    await waitFor(wantsExit);
  });

  it('leaves by itself when no signal comes long after the end should have been', async () => {
    const { clock, life, wantsExit, log } = stand(factsOf());
    life.preStop();
    await clock.advance(59_000);
    assert.equal(wantsExit(), false);
    await clock.advance(1_500);
    assert.ok(wantsExit());
    assert.ok(log.lines.some(({ message }) => message.includes('no signal came')));
  });

  it('with SIGTERM alone has the grace of the pod, or 25 seconds where nobody tells', async () => {
    for (const [facts, leftMs] of [
      [factsOf({ gracePeriodMs: 50_000 }), 50_000],
      [undefined, 25_000],
    ] as const) {
      const { clock, signal, outbound } = stand(facts);
      signal();
      await clock.advance(leftMs * 0.8 - 100);
      assert.equal(outbound(), false);
      await clock.advance(200);
      assert.ok(outbound());
    }
  });
});

describe('the life of a native sidecar', () => {
  it('waits for SIGTERM, which means that the application has gone', async () => {
    const { clock, change, deleted, signal, outbound, isOver } = stand(factsOf({ native: true }));
    change(deleted({ native: true }));
    await clock.advance(29_900);
    assert.equal(outbound(), false);
    signal();
    await clock.advance(50);
    assert.ok(outbound());
    await waitFor(isOver);
  });

  it('has two seconds when the application has used up the grace', async () => {
    const { clock, life, signal, world, calls, isOver } = stand(factsOf({ native: true }));
    life.preStop();
    await clock.advance(30_500);
    world.inFlight = 1;
    signal();
    await clock.advance(900);
    assert.ok(!calls.includes('expire'));
    await clock.advance(1_100);
    assert.ok(calls.includes('expire'));
    await waitFor(isOver);
  });

  it('leaves the end of a Job to the kubelet', async () => {
    const { clock, life, change } = stand(factsOf({ native: true }));
    change(factsOf({ native: true, containers: new Map([['app', app('terminated', true)]]) }));
    await clock.advance(60_000);
    assert.equal(life.leaving(), false);
  });
});

describe('the application of a pod that ends', () => {
  /** Who has been let go, of a source and a sink in containers of their own. */
  function held(names: readonly string[], served: string, native = true) {
    const facts = { native, containers: new Map(names.map((name) => [name, app('running')])) };
    const stood = stand(factsOf(facts));
    stood.world.services.push({
      ...{ name: 'store', type: 'sink', endpoint: '127.0.0.1:1', port: 1, container: served },
      protoService: 'conveyor.sink.SinkService',
    });
    stood.change(stood.deleted(facts));
    const gone: string[] = [];
    for (const name of names) void stood.life.hold(name).then(() => gone.push(name));
    return { ...stood, gone };
  }

  it('lets the source go first, and the stages when what it pushed has come to its end', async () => {
    const { clock, world, gone } = held(['feed', 'store'], 'store');
    world.inFlight = 5;
    await clock.advance(4_000);
    assert.deepEqual(gone, ['feed']);
    world.openStreams = false;
    await clock.advance(2_000);
    assert.deepEqual(gone, ['feed']);
    world.inFlight = 0;
    await clock.advance(50);
    assert.deepEqual(gone, ['feed', 'store']);
  });

  it('keeps its sinks beside a plain sidecar until they are flushed', async () => {
    const { clock, world, gone, signal, isOver } = held(['feed', 'store'], 'store', false);
    world.openStreams = false;
    await clock.advance(1_500);
    assert.deepEqual(gone, ['feed'], 'flushed in the second half, which SIGTERM allows');
    signal();
    await clock.advance(50);
    await waitFor(() => isOver() && gone.length > 1);
    assert.deepEqual(gone, ['feed', 'store']);
  });

  it('has its time also where the source does not end', async () => {
    const { clock, gone } = held(['feed', 'store'], 'store');
    await clock.advance(23_900);
    assert.deepEqual(gone, ['feed']);
    await clock.advance(200);
    assert.deepEqual(gone, ['feed', 'store']);
  });

  it('goes at once where a stage itself is the source, or nothing says whose it is', async () => {
    for (const [names, served] of [
      [['store'], 'store'],
      [['feed', 'store'], ''],
    ] as const) {
      const { clock, gone } = held(names, served);
      await clock.advance(50);
      assert.deepEqual(gone, names);
    }
  });
});

describe('the life of a sidecar outside of a pod', () => {
  it('waits for no application', async () => {
    const { clock, signal, isOver } = stand(undefined, { pod: false });
    signal();
    await clock.advance(50);
    await waitFor(isOver);
  });

  it('ends when someone asks, and asks for the exit when it is drained', async () => {
    const { clock, life, world, wantsExit, calls } = stand(undefined, { pod: false });
    world.inFlight = 1;
    const drained = life.drain();
    await clock.advance(5_000);
    assert.equal(wantsExit(), false);
    world.inFlight = 0;
    await clock.advance(20);
    await drained;
    assert.ok(wantsExit());
    assert.deepEqual(calls, ['draining', 'leave peers', 'leave sources', 'end streams', 'goodbye']);
  });
});
