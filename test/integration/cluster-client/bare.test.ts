import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BareRouter, type BareRouterOptions, startBareRouter } from '../../support/bare-router.ts';
import { useKeep } from '../../support/keep.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { waitFor } from '../../support/wait.ts';
import { type Harness, type HarnessOptions, service, startHarness } from './harness.ts';

describe('a session with a router without our extensions', () => {
  failOnLeaks();
  const keep = useKeep();
  const router = async (options: BareRouterOptions = {}): Promise<BareRouter> =>
    keep(await startBareRouter(options));
  const session = async (options: HarnessOptions): Promise<Harness> => keep(await startHarness(options));
  const registered = (harness: Harness): Promise<true> =>
    waitFor(() => harness.client.state().kind === 'registered', {
      what: () => `the registration, not ${JSON.stringify(harness.client.state())}`,
    });
  const PIPELINES = [{ id: 'p', stages: [{ stageId: 'mask', serviceName: 'mask-transform' }] }];
  const ALIVE = new AbortController().signal;

  for (const prefix of ['conveyor', 'conveyor_etl'] as const) {
    it(`registers, is assigned, beats and says goodbye under ${prefix}`, async () => {
      const at = await router({ prefix, pipelines: PIPELINES });
      const pod = await session({ addresses: [at.address], timings: { heartbeatIntervalMs: 100 } });
      await registered(pod);
      await waitFor(() => at.heartbeats.length >= 2 && at.watches() === 1);
      assert.deepEqual(pod.running(), ['p']);
      assert.equal(pod.client.snapshot().prefix, prefix);
      assert.equal(pod.client.snapshot().extensions, false);
      assert.equal(at.sidecars.get('s1')?.sidecarEndpoint, '127.0.0.1:9091');

      await pod.client.leave('test', ALIVE);
      assert.equal(pod.client.state().kind, 'left');
      assert.deepEqual(at.registrations.at(-1)?.localServices, [], 'the goodbye is an empty registration');
      assert.equal(at.sidecars.size, 0);
      assert.deepEqual(pod.running(), ['p'], 'what runs here is not ended by the answer to the goodbye');
    });
  }

  it('goes by names that end in their type, and leaves sources without a server out', async () => {
    const at = await router();
    const pod = await session({
      addresses: [at.address],
      pod: [
        service('mask'),
        service('geo-Transform'),
        service('db', { type: 'sink' }),
        service('gate', { type: 'source', endpoint: '' }),
      ],
    });
    await registered(pod);
    const names = at.sidecars.get('s1')?.localServices.map(({ serviceName }) => serviceName);
    assert.deepEqual(names, ['mask-transform', 'geo-Transform', 'db-sink']);
    await waitFor(() => at.heartbeats.length > 0);
    const health = at.heartbeats[0]?.serviceHealth.map(({ serviceName }) => serviceName);
    assert.deepEqual(health, names);
  });

  it('registers again and again under one id, and takes the whole set each time', async () => {
    const at = await router({ pipelines: PIPELINES });
    const pod = await session({ addresses: [at.address], timings: { reregisterIntervalMs: 50 } });
    await registered(pod);
    at.setPipelines([{ id: 'q', stages: [{ stageId: 'mask', serviceName: 'mask-transform' }] }]);
    await waitFor(() => pod.running().join() === 'q');
    assert.deepEqual(
      pod.calls.find((call) => call.kind === 'assign' && call.ids.join() === 'q'),
      {
        kind: 'assign',
        ids: ['q'],
        drainFirst: ['p'],
      },
    );
    assert.equal(new Set(at.registrations.map(({ sidecarId }) => sidecarId)).size, 1);
    assert.equal(at.watches(), 1, 'the watch goes on');
    assert.equal(pod.lines.filter(({ message }) => message === 'registered with the router').length, 1);
  });

  it('sees a stage of another pod once that has registered', async () => {
    const pipelines = [
      {
        id: 'p',
        stages: [
          { stageId: 'db', serviceName: 'db-sink' },
          { stageId: 'mask', serviceName: 'mask-transform' },
        ],
      },
    ];
    const at = await router({ pipelines });
    const first = await session({ addresses: [at.address], timings: { reregisterIntervalMs: 50 } });
    await registered(first);
    const identity = {
      sidecarId: 's2',
      podName: 'pod-2',
      namespace: 'default',
      labels: {},
      version: '0.1.0',
      instance: 'i2',
    };
    await session({ addresses: [at.address], identity, pod: [service('db', { type: 'sink' })] });
    await waitFor(() => first.assignment('p')?.stages.some(({ stageId }) => stageId === 'db'));
    const stages = first.assignment('p')?.stages ?? [];
    assert.deepEqual(stages[0]?.localEndpoint, '127.0.0.1:50052', 'own services come first');
    assert.equal(stages[1]?.remoteSidecar?.sidecarId, 's2');
  });

  it('registers again at once when the local services change', async () => {
    const at = await router({ pipelines: PIPELINES });
    const pod = await session({ addresses: [at.address], pod: [service('other')] });
    await registered(pod);
    assert.deepEqual(pod.running(), []);
    pod.setServices([service('mask')]);
    await waitFor(() => pod.running().join() === 'p');
  });

  it('passes a follower over', async () => {
    const follower = await router({ follower: true });
    const leader = await router({ pipelines: PIPELINES });
    const pod = await session({ addresses: [follower.address, leader.address] });
    await registered(pod);
    assert.equal(pod.client.snapshot().address, leader.address);
    assert.equal(follower.registrations.length, 1);
    assert.deepEqual(
      pod.lines.filter(({ level }) => level === 'warn'),
      [],
    );
  });

  it('goes to the new leader when its own steps down, and keeps its routes meanwhile', async () => {
    const first = await router({ pipelines: PIPELINES });
    const second = await router({ follower: true, pipelines: PIPELINES });
    const addresses = [first.address, second.address];
    const pod = await session({ addresses, timings: { reregisterIntervalMs: 50 } });
    await registered(pod);
    first.setFollower(true);
    await waitFor(() => second.registrations.length > 0);
    second.setFollower(false);
    await waitFor(() => pod.client.snapshot().address === second.address && second.sidecars.size === 1);
    assert.ok(pod.calls.every((call) => call.kind !== 'assign' || call.ids.join() === 'p'));
  });

  it('registers after each reconnect, at once', async () => {
    const at = await router({ pipelines: PIPELINES });
    const pod = await session({ addresses: [at.address] });
    await registered(pod);
    await at.stop();
    await waitFor(() => pod.client.snapshot().failedDials > 3);
    assert.deepEqual(pod.running(), ['p'], 'routes outlive the router');
    assert.ok(pod.client.registered());
    const back = await router({ port: at.port, pipelines: PIPELINES, prefix: 'conveyor_etl' });
    await registered(pod);
    assert.equal(back.registrations[0]?.localServices[0]?.serviceName, 'mask-transform');
    const outages = pod.lines.filter(({ level }) => level === 'warn');
    assert.equal(outages.length, 1, 'one line for an outage');
  });

  it('opens a watch again that was cut, and does not mind one that stays silent', async () => {
    const at = await router();
    const pod = await session({ addresses: [at.address], timings: { heartbeatIntervalMs: 50 } });
    await registered(pod);
    await waitFor(() => at.watches() === 1);
    at.cutWatches();
    await waitFor(() => at.watches() === 1);
    const beats = at.heartbeats.length;
    await waitFor(() => at.heartbeats.length > beats + 2);
    assert.equal(at.registrations.length, 2, 'the first, and the one with fitting names');
  });

  it('says goodbye when the drain begins, and registers no more after it', async () => {
    const at = await router({ pipelines: PIPELINES });
    const timings = { heartbeatIntervalMs: 50, reregisterIntervalMs: 50 };
    const pod = await session({ addresses: [at.address], timings });
    await registered(pod);
    await pod.client.setDraining('shutdown');
    assert.deepEqual(at.registrations.at(-1)?.localServices, []);
    assert.deepEqual(pod.running(), ['p'], 'what runs is finished here');
    const { length } = at.registrations;
    const beats = at.heartbeats.length;
    pod.setServices([service('new')]);
    await waitFor(() => at.heartbeats.length > beats + 3);
    await pod.client.leave('shutdown', ALIVE);
    assert.equal(at.registrations.length, length);
    assert.equal(at.sidecars.size, 0);
  });

  it('does not register at one that comes back while it drains', async () => {
    const at = await router({ pipelines: PIPELINES });
    const pod = await session({ addresses: [at.address] });
    await registered(pod);
    await at.stop();
    await waitFor(() => pod.client.state().kind === 'connecting');
    await pod.client.setDraining('shutdown');
    const back = await router({ port: at.port, pipelines: PIPELINES });
    await waitFor(() => pod.client.state().kind === 'leaving');
    await pod.client.leave('shutdown', ALIVE);
    assert.ok(back.registrations.every(({ localServices }) => localServices.length === 0));
  });
});
