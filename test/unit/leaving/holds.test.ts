import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { createHolds, type Holds } from '../../../src/sidecar/leaving/holds.ts';
import type { HeldService, LeavingContainer } from '../../../src/sidecar/leaving/ports.ts';
import { recordLog } from '../../support/log.ts';
import { waitFor } from '../../support/wait.ts';
import { manualClock } from '../../support/manual-clock.ts';

const GRACE_MS = 30_000;

const service = (name: string, container: string, port: number): HeldService => ({
  ...{
    type: 'sink',
    name,
    container,
    port,
    endpoint: `127.0.0.1:${port}`,
    protoService: 'conveyor.sink.SinkService',
  },
});
const running = (restarts: number): LeavingContainer => ({
  ...{ sidecar: false, state: 'running', ended: false, restarts, startedAt: `at ${restarts}` },
});

let stop: () => void = () => undefined;
afterEach(() => stop());

/** Services of containers `app` and `other`, and one of nobody knows whom. */
function stand() {
  const clock = manualClock();
  const all = [service('mask', 'app', 1), service('store', 'other', 2), service('found', '', 3)];
  const busy = new Map<string, number>();
  const containers = new Map<string, LeavingContainer>();
  const broken = new Set<number>();
  const renewed: number[] = [];
  const end = { known: false, inboundDone: false };
  let match: ((each: HeldService) => string | undefined) | undefined;
  const holds: Holds = createHolds({
    clock,
    logger: recordLog(),
    container: (name) => containers.get(name),
    graceMs: () => GRACE_MS,
    services: {
      found: () => all,
      withhold: (given) => (match = given),
      activeRequests: ({ name }) => busy.get(name) ?? 0,
      line: ({ port }) => ({ broken: () => broken.has(port), close: () => undefined }),
      renew: (ports) => void renewed.push(...ports),
    },
    end: {
      known: () => end.known,
      mayGo: () => end.inboundDone,
      holdUntilMs: (sinceMs) => sinceMs + GRACE_MS - 6_000,
    },
  });
  stop = () => holds.stop();
  const hold = (container: string) => {
    let answeredMs: number | undefined;
    const calledMs = clock.now();
    void holds.hold(container).then(() => (answeredMs = clock.now() - calledMs));
    return () => answeredMs;
  };
  const out = (): string[] => all.filter((each) => match?.(each) !== undefined).map(({ name }) => name);
  return { clock, all, holds, end, busy, containers, broken, renewed, hold, out };
}

describe('the hook of an application, when the pod ends', () => {
  it('is answered when the first half of the drain is done, and takes nothing out', async () => {
    const { clock, end, hold, out } = stand();
    end.known = true;
    const hooks = ['app', 'other', 'app', 'never heard of'].map(hold);
    await clock.advance(9_000);
    assert.ok(hooks.every((hook) => hook() === undefined));
    end.inboundDone = true;
    await clock.advance(20);
    assert.ok(hooks.every((hook) => (hook() ?? Infinity) < 9_100));
    assert.deepEqual(out(), []);
  });

  it('waits two seconds for the news of it', async () => {
    const { clock, end, hold, out } = stand();
    const hook = hold('app');
    await clock.advance(1_900);
    end.known = true;
    await clock.advance(3_000);
    assert.equal(hook(), undefined);
    assert.deepEqual(out(), []);
    end.inboundDone = true;
    await clock.advance(20);
    assert.ok(hook() !== undefined);
  });

  it('leaves the application its time however long the first half takes', async () => {
    const { clock, end, hold } = stand();
    end.known = true;
    const hook = hold('app');
    await clock.advance(GRACE_MS - 6_000 - 20);
    assert.equal(hook(), undefined);
    await clock.advance(40);
    assert.ok(hook() !== undefined);
  });

  it('is answered when the sidecar has nothing more to say', async () => {
    const { clock, end, holds, hold } = stand();
    end.known = true;
    const hook = hold('app');
    await clock.advance(100);
    holds.stop();
    await waitFor(() => hook() !== undefined);
    assert.deepEqual(holds.held(), []);
  });
});

describe('the hook of an application, when only its container is to stop', () => {
  it('takes out its services and those of nobody knows whom, and is answered when their calls have ended', async () => {
    const { clock, busy, hold, out } = stand();
    busy.set('mask', 1).set('store', 1);
    const hook = hold('app');
    await clock.advance(1_990);
    assert.deepEqual(out(), []);
    await clock.advance(1_000);
    assert.deepEqual(out(), ['mask', 'found']);
    assert.equal(hook(), undefined);
    busy.set('mask', 0);
    await clock.advance(20);
    assert.ok(hook() !== undefined);
    assert.deepEqual(out(), ['mask', 'found']);
  });

  it('does not wait for an application that hangs', async () => {
    const { clock, busy, hold } = stand();
    busy.set('mask', 1);
    const hook = hold('app');
    await clock.advance(7_100);
    assert.ok((hook() ?? 0) >= 7_000);
  });

  it('may be called again meanwhile: both calls are one', async () => {
    const { clock, busy, holds, hold } = stand();
    busy.set('mask', 1);
    const first = hold('app');
    await clock.advance(3_000);
    const second = hold('app');
    assert.deepEqual(holds.held(), ['app']);
    busy.set('mask', 0);
    await clock.advance(20);
    assert.ok(first() !== undefined && second() !== undefined);
  });

  it('brings the services back when the API says that the container runs again', async () => {
    const { clock, containers, hold, out } = stand();
    containers.set('app', running(0));
    hold('app');
    await clock.advance(4_000);
    assert.deepEqual(out(), ['mask', 'found']);
    containers.set('app', { ...running(0), state: 'terminated' });
    await clock.advance(1_000);
    assert.deepEqual(out(), ['mask', 'found']);
    containers.set('app', running(1));
    await clock.advance(1_000);
    assert.deepEqual(out(), []);
  });

  it('lets a fresh probe bring them back, without the API, when who listened has gone', async () => {
    const { clock, broken, renewed, hold, out } = stand();
    hold('app');
    await clock.advance(6_000);
    assert.deepEqual(out(), ['mask', 'found']);
    assert.deepEqual(renewed, []);
    broken.add(1);
    await clock.advance(300);
    assert.deepEqual(out(), []);
    assert.deepEqual(renewed, [1, 3]);
  });

  it('holds back nothing of a container of which nothing was found, and nobody tells when it is back', async () => {
    const { clock, all, hold, out } = stand();
    const found = all.splice(0);
    const hook = hold('app');
    await clock.advance(2_600);
    assert.ok(hook() !== undefined);
    all.push(...found);
    assert.deepEqual(out(), []);
  });

  it('lets go of them when the container must long be back, and takes out those of two containers for each', async () => {
    const { clock, containers, hold, out } = stand();
    containers.set('app', running(0)).set('other', running(0));
    hold('app');
    await clock.advance(20_000);
    hold('other');
    await clock.advance(3_000);
    assert.deepEqual(out(), ['mask', 'store', 'found']);
    await clock.advance(GRACE_MS - 8_000);
    assert.deepEqual(out(), ['store', 'found']);
    await clock.advance(20_000);
    assert.deepEqual(out(), []);
  });

  it('holds on for the first half when the end of the pod becomes known meanwhile', async () => {
    const { clock, busy, end, hold } = stand();
    busy.set('mask', 1);
    const hook = hold('app');
    await clock.advance(4_000);
    end.known = true;
    await clock.advance(6_000);
    assert.equal(hook(), undefined);
    end.inboundDone = true;
    await clock.advance(20);
    assert.ok(hook() !== undefined);
  });
});
