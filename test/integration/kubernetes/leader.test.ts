import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Lease } from 'kubernetes-types/coordination/v1.d.ts';
import type { KubeApi } from '../../../src/foundation/kubernetes/api.ts';
import { createLeader, type LeaderTimings } from '../../../src/foundation/kubernetes/leader.ts';
import { LEASES } from '../../../src/foundation/kubernetes/resources.ts';
import { systemClock } from '../../../src/foundation/lifecycle/clock.ts';
import { useKeep } from '../../support/keep.ts';
import { type KubeServer, startKube } from '../../support/kube-api.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { recordLog } from '../../support/log.ts';
import { waitFor } from '../../support/wait.ts';

/** A lease that is lost soon, for tests of its loss. */
const SHORT = { leaseMs: 400, renewMs: 250, retryMs: 40 };
/** A lease that a busy machine does not lose. */
const LONG = { leaseMs: 8_000, renewMs: 5_000, retryMs: 40 };
const NAME = { namespace: 'a', name: 'test' };

interface StartOptions {
  readonly api: KubeApi;
  readonly timings: LeaderTimings;
}

describe('leaders', () => {
  const keep = useKeep();
  let kube: KubeServer;
  beforeEach(async () => {
    kube = await startKube();
  });
  afterEach(() => kube.stop());

  async function start(identity: string, { api = kube.api, timings = LONG }: Partial<StartOptions> = {}) {
    const logger = recordLog();
    const clock = systemClock;
    const leader = createLeader({ ...{ api, clock, logger, identity, timings }, ...NAME });
    const told: boolean[] = [];
    leader.onChange((leading) => told.push(leading));
    await leader.start(AbortSignal.timeout(1_000));
    keep({ stop: () => leader.stop(AbortSignal.timeout(1_000)) });
    return { leader, told, logger };
  }
  const spec = () => kube.find<Lease>(LEASES, NAME)?.spec;

  it('are one at a time, and hand over when one stops', async () => {
    const one = await start('one');
    await waitFor(() => one.leader.leading());
    const two = await start('two');
    await waitFor(() => two.leader.holder() === 'one');
    assert.equal(spec()?.holderIdentity, 'one');
    assert.match(spec()?.renewTime ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    assert.equal(two.leader.leading(), false);

    const since = performance.now();
    await one.leader.stop(AbortSignal.timeout(1_000));
    assert.equal(one.leader.leading(), false);
    await waitFor(() => two.leader.leading());
    assert.ok(performance.now() - since < LONG.leaseMs, 'sooner than the lease would have run out');
    assert.deepEqual([one.told, two.told], [[true, false], [true]]);
    assert.deepEqual([spec()?.holderIdentity, spec()?.leaseTransitions], ['two', 1]);
  });

  it('keep the lease as long as they renew it', async () => {
    const timings = { leaseMs: 1_000, renewMs: 900, retryMs: 40 };
    const { leader, told } = await start('one', { timings });
    await waitFor(() => leader.leading());
    const first = spec();
    const rival = await start('two', { timings });
    const startedMs = performance.now();
    await waitFor(() => performance.now() - startedMs > 1.5 * timings.leaseMs);
    assert.deepEqual([told, rival.told], [[true], []]);
    assert.equal(spec()?.acquireTime, first?.acquireTime);
    assert.equal(spec()?.leaseTransitions, 0);
  });

  it('lead no more before another one does, when the API does not answer them', async () => {
    const own = await kube.connect({ token: 'one' });
    const one = await start('one', { api: own, timings: SHORT });
    await waitFor(() => one.leader.leading());
    const two = await start('two', { timings: SHORT });
    const atHandover: boolean[] = [];
    two.leader.onChange(() => atHandover.push(one.leader.leading()));
    kube.refuse(({ token }) => (token === 'one' ? { status: 503 } : undefined));
    await waitFor(() => two.leader.leading());
    assert.deepEqual(atHandover, [false]);
    assert.deepEqual(one.told, [true, false]);
    assert.equal(one.logger.lines.find(({ message }) => message === 'lease out of reach')?.level, 'warn');
  });

  it('are told of the loss while a request hangs', async () => {
    const { leader, told } = await start('one', { timings: SHORT });
    await waitFor(() => leader.leading());
    kube.delayMs = 3_000;
    await waitFor(() => !leader.leading() && told.length === 2);
    kube.delayMs = 0;
  });

  it('lose at once when another one holds it', async () => {
    const timings = { ...LONG, leaseMs: 1_000 };
    const { leader } = await start('one', { timings });
    await waitFor(() => leader.leading());
    const lease = kube.find<Lease>(LEASES, NAME)!;
    kube.put(LEASES, { ...lease, spec: { ...lease.spec, holderIdentity: 'thief' } });
    await waitFor(() => !leader.leading() && leader.holder() === 'thief', { timeoutMs: timings.renewMs });
    // who never renews loses it
    await waitFor(() => leader.leading());
  });

  it('make the lease again when it was deleted', async () => {
    const { leader, told } = await start('one');
    await waitFor(() => leader.leading());
    kube.remove(LEASES, NAME);
    await waitFor(() => spec()?.holderIdentity === 'one' && leader.leading());
    assert.deepEqual(told, [true, false, true]);
  });
});

failOnLeaks();
