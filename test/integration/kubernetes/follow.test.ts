import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import { follow, type FollowOptions } from '../../../src/foundation/kubernetes/follow.ts';
import { PODS } from '../../../src/foundation/kubernetes/resources.ts';
import { systemClock } from '../../../src/foundation/lifecycle/clock.ts';
import { useKeep } from '../../support/keep.ts';
import { type KubeServer, startKube } from '../../support/kube-api.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { recordLog } from '../../support/log.ts';
import { waitFor } from '../../support/wait.ts';

const FAST = {
  ...{ watchMs: 60_000, idleMs: 10_000, resyncMs: 60_000, steadyMs: 0 },
  backoff: { baseMs: 10, maxMs: 40 },
};
const pod = (name: string, phase = 'Running', namespace = 'a'): Pod => ({
  metadata: { namespace, name },
  status: { phase },
});

describe('a follower', () => {
  const keep = useKeep();
  let kube: KubeServer;
  beforeEach(async () => {
    kube = await startKube({ bookmarkMs: 20 });
  });
  afterEach(() => kube.stop());

  async function start(options: Partial<FollowOptions> = {}) {
    const log = recordLog();
    const follower = follow<Pod>({
      ...{ api: kube.api, resource: PODS, selection: { namespace: 'a' }, clock: systemClock, logger: log },
      timings: FAST,
      ...options,
    });
    const told: string[] = [];
    follower.onChange((keys) => told.push(...(keys.length === 0 ? ['-'] : keys)));
    await follower.start(AbortSignal.timeout(1_000));
    keep({ stop: () => follower.stop(AbortSignal.timeout(1_000)) });
    const phase = (name: string) => follower.items().get(`a/${name}`)?.status?.phase;
    return { follower, told, log, phase, lists: () => kube.requests.filter(isList).length };
  }
  const isList = ({ query }: { query: URLSearchParams }) => query.get('watch') === null;

  it('holds what is there and hears of changes', async () => {
    kube.put(PODS, { ...pod('one'), metadata: { ...pod('one').metadata, managedFields: [{}] } });
    kube.put(PODS, pod('other', 'Running', 'b'));
    const { follower, told, phase } = await start();
    assert.equal(follower.synced, false);
    await waitFor(() => follower.state().ok);
    assert.deepEqual([...follower.items().keys()], ['a/one']);
    assert.equal(follower.items().get('a/one')?.metadata?.managedFields, undefined);
    kube.put(PODS, pod('two', 'Pending'));
    await waitFor(() => phase('two') === 'Pending');
    kube.put(PODS, pod('two'));
    await waitFor(() => phase('two') === 'Running');
    kube.remove(PODS, { namespace: 'a', name: 'one' });
    await waitFor(() => phase('one') === undefined);
    assert.deepEqual(told, ['a/one', '-', 'a/two', 'a/two', 'a/one']);
  });

  it('tells of an empty list', async () => {
    const { follower, told } = await start();
    await waitFor(() => follower.synced && follower.state().ok);
    assert.deepEqual(told, ['-', '-']);
  });

  it('goes on where a watch ended, without a list', async () => {
    const { follower, phase, lists } = await start();
    await waitFor(() => follower.state().ok);
    for (let round = 0; round < 3; round++) {
      kube.endWatches('clean');
      kube.put(PODS, pod(`p${round}`));
      await waitFor(() => phase(`p${round}`));
      await waitFor(() => kube.watches() === 1);
    }
    assert.equal(lists(), 1);
  });

  it('comes back after a cut, and after its version is too old', async () => {
    const { follower, phase, log } = await start();
    await waitFor(() => follower.state().ok);
    for (const fault of [() => kube.endWatches('cut'), () => kube.compact()]) {
      kube.put(PODS, pod('p', 'Pending'));
      await waitFor(() => phase('p') === 'Pending');
      fault();
      kube.put(PODS, pod('p'));
      await waitFor(() => phase('p') === 'Running');
      await waitFor(() => kube.watches() === 1);
    }
    assert.ok(follower.state().ok);
    assert.deepEqual(
      log.lines.filter(({ level }) => level === 'warn'),
      [],
    );
  });

  it('notices silence', async () => {
    const { follower, phase } = await start({ timings: { ...FAST, idleMs: 100 } });
    await waitFor(() => follower.state().ok);
    kube.silent = true;
    kube.put(PODS, pod('missed'));
    // the old watch never says it; a new one replays it
    await waitFor(() => kube.requests.filter((request) => !isList(request)).length > 2);
    kube.silent = false;
    await waitFor(() => phase('missed'));
  });

  it('finds by a list what a watch has kept back', async () => {
    const { follower, phase } = await start({ timings: { ...FAST, watchMs: 1, resyncMs: 200 } });
    await waitFor(() => follower.state().ok);
    kube.lying = true;
    kube.put(PODS, pod('kept-back'));
    kube.lying = false;
    await waitFor(() => phase('kept-back'));
  });

  it('keeps its items through an outage, logs it once, and recovers', async () => {
    const { follower, told, phase, log } = await start();
    kube.put(PODS, pod('p'));
    await waitFor(() => phase('p') && follower.state().ok);
    const since = systemClock.now();
    await kube.down();
    const state = await waitFor(() => {
      const now = follower.state();
      return now.ok ? undefined : now;
    });
    assert.equal(state.code, 'UNAVAILABLE');
    assert.ok(state.sinceMs >= since);
    assert.equal(phase('p'), 'Running');
    assert.ok(follower.synced);
    await kube.up();
    kube.put(PODS, pod('p', 'Failed'));
    await waitFor(() => phase('p') === 'Failed' && follower.state().ok);
    const lines = log.lines.filter(({ level }) => level !== 'debug').map(({ message }) => message);
    assert.deepEqual(lines, ['list or watch failed', 'list and watch work']);
    assert.ok(told.length < 10, 'one outage is not told at every try');
  });

  it('starts without the API', async () => {
    await kube.down();
    const { follower } = await start();
    await waitFor(() => !follower.state().ok && follower.state());
    assert.equal(follower.synced, false);
    await kube.up();
    await waitFor(() => follower.synced && follower.state().ok);
  });

  it('lists again and again where only watching is refused, and says so', async () => {
    kube.refuse(({ query }) =>
      query.get('watch') === 'true' ? { status: 403, message: 'no watch' } : undefined,
    );
    const { follower, phase, told } = await start();
    await waitFor(() => follower.synced);
    kube.put(PODS, pod('p'));
    await waitFor(() => phase('p'));
    const state = follower.state();
    assert.ok(!state.ok && state.code === 'PERMISSION_DENIED' && state.reason === 'no watch');
    assert.ok(told.filter((key) => key === '-').length <= 2, 'the state does not flap');
  });

  it('survives a listener that throws', async () => {
    const { follower, phase } = await start();
    follower.onChange(() => {
      throw new Error('listener');
    });
    kube.put(PODS, pod('p'));
    await waitFor(() => phase('p'));
    kube.put(PODS, pod('q'));
    await waitFor(() => phase('q'));
    assert.ok(follower.state().ok);
  });

  it('does not storm a server that ends every watch at once', async () => {
    const { follower } = await start({
      timings: { ...FAST, steadyMs: 5_000, backoff: { baseMs: 200, maxMs: 200 } },
      random: () => 0.99,
    });
    await waitFor(() => follower.state().ok);
    const before = kube.requests.length;
    const since = performance.now();
    const cutting = setInterval(() => kube.endWatches('clean'), 1);
    await waitFor(() => kube.requests.length >= before + 3);
    clearInterval(cutting);
    assert.ok(performance.now() - since > 350);
  });
});

failOnLeaks();
