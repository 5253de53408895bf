import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { ConveyorError } from '../../../src/foundation/errors.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { waitFor } from '../../support/wait.ts';
import { peer, service, shortForm, startRouter, targets } from './harness.ts';

const CHAIN = { 'chain.yaml': shortForm('chain', ['in-source', 'mask-transform', 'out-sink']) };
const ID = 'default/chain';

describe('the coordinator', () => {
  failOnLeaks();

  it('gives each sidecar its part of a pipeline, and pushes it when others come', async (test) => {
    const router = await startRouter(test, CHAIN);
    const a = peer(test, router, 'a');
    const first = await a.register([service('in-source')]);
    assert.deepEqual(targets(first.initialAssignments[0]!), {
      'in-source': 'local ',
      'mask-transform': 'nowhere',
      'out-sink': 'nowhere',
    });
    const watch = a.watch();
    await watch.synced();
    const b = peer(test, router, 'b');
    await b.register([service('mask-transform'), service('out-sink')]);
    await waitFor(() => watch.held.get(ID)?.version === 2);
    const assignment = watch.held.get(ID)!;
    assert.deepEqual(targets(assignment), { 'in-source': 'local ', 'mask-transform': 'b', 'out-sink': 'b' });
    assert.equal(watch.events.at(-1)?.eventType, 'EVENT_TYPE_UPDATED');
    assert.deepEqual(
      assignment.edges.map(({ fromStage, toStage }) => [fromStage, toStage]),
      [
        ['in-source', 'mask-transform'],
        ['mask-transform', 'out-sink'],
      ],
    );
    assert.deepEqual(assignment.sourceStageIds, ['in-source']);
    assert.equal(assignment.ordering, 'ORDERING_PARTITION');
    assert.ok(assignment.generation > 0);
    assert.equal(assignment.isLocalComplete, false);
    assert.equal(assignment.stages[1]?.remoteSidecar?.endpoint, 'b:9091');
    assert.equal(assignment.stages[1].serviceType, 'SERVICE_TYPE_TRANSFORM');
  });

  it('tells a sidecar that does not watch by heartbeat answers, until it has applied it', async (test) => {
    const router = await startRouter(test, CHAIN);
    const a = peer(test, router, 'a');
    const { initialAssignments } = await a.register([service('mask-transform')]);
    const applied = initialAssignments[0]!.version;
    assert.deepEqual((await a.heartbeat({ assignmentVersion: applied })).commands, []);
    await peer(test, router, 'b').register([service('out-sink')]);
    const told = await waitFor(async () => (await a.heartbeat({ assignmentVersion: applied })).commands[0]);
    assert.deepEqual(targets(told.assign!), {
      'in-source': 'nowhere',
      'mask-transform': 'local 127.0.0.1:500014',
      'out-sink': 'b',
    });
    const again = await a.heartbeat({ assignmentVersion: applied });
    assert.equal(again.commands[0]?.assign?.version, told.assign?.version, 'the answer may have been lost');
    assert.deepEqual((await a.heartbeat({ assignmentVersion: told.assign!.version })).commands, []);
  });

  it('serves a sidecar without our extensions, under the second prefix', async (test) => {
    const router = await startRouter(test, CHAIN);
    const a = peer(test, router, 'a', 'conveyor_etl');
    const answer = await a.register(
      [service('mask-transform', { serviceType: 'SERVICE_TYPE_UNSPECIFIED' })],
      { instance: '' },
    );
    assert.equal(answer.initialAssignments.length, 1);
    a.registrationId = '';
    await peer(test, router, 'b').register([service('out-sink')]);
    const { commands } = await waitFor(async () => {
      const beat = await a.heartbeat();
      return beat.commands.length > 0 && beat;
    });
    assert.equal(targets(commands[0]!.assign!)['out-sink'], 'b');
    assert.deepEqual((await a.heartbeat()).commands, [], 'told once: it names no version');
    const watch = a.watch();
    await watch.synced();
    assert.deepEqual([...watch.held.keys()], [ID]);
  });

  it('asks who is unknown to register again', async (test) => {
    const router = await startRouter(test);
    const a = peer(test, router, 'a');
    const beat = await a.heartbeat();
    assert.deepEqual([beat.acknowledged, beat.reregister], [false, true]);
    const watch = a.watch();
    assert.equal((await waitFor(() => watch.ended())).code, status.NOT_FOUND);
    await a.register([]);
    assert.equal((await a.heartbeat()).acknowledged, true);
    assert.equal((await a.heartbeat({ registrationId: 'of another life' })).acknowledged, false);
  });

  it('opens a watch with the empty set when there is nothing', async (test) => {
    const router = await startRouter(test);
    const a = peer(test, router, 'a');
    const answer = await a.register([]);
    assert.deepEqual([answer.heartbeatIntervalMs, answer.version, answer.settling], [5_000, '1.2.3', false]);
    const watch = a.watch();
    await watch.synced();
    assert.equal(watch.events.length, 1);
    assert.equal(watch.events[0]?.assignment, null);
  });

  it('ends the older of two watches, and the newer follows', async (test) => {
    const router = await startRouter(test, CHAIN);
    const a = peer(test, router, 'a');
    await a.register([service('mask-transform')]);
    const first = a.watch();
    await first.synced();
    const second = a.watch();
    await second.synced();
    assert.equal((await waitFor(() => first.ended())).code, status.OK);
    await peer(test, router, 'b').register([service('out-sink')]);
    await waitFor(() => targets(second.held.get(ID)!)['out-sink'] === 'b');
    assert.equal(targets(first.held.get(ID)!)['out-sink'], 'nowhere');
  });

  it('takes a draining or unhealthy sidecar out of the others’ routes at once, and leaves it its own', async (test) => {
    const router = await startRouter(test, CHAIN);
    const [a, b, c] = ['a', 'b', 'c'].map((id) => peer(test, router, id));
    await a!.register([service('in-source')]);
    const seen = a!.watch();
    await b!.register([service('mask-transform'), service('out-sink')]);
    const own = b!.watch();
    await c!.register([service('mask-transform'), service('out-sink')]);
    const replicas = (): string[] =>
      seen.held
        .get(ID)
        ?.stages[1]?.replicas.map(({ sidecarId }) => sidecarId)
        .sort() ?? [];
    await waitFor(() => replicas().length === 2);
    await b!.heartbeat({ draining: true });
    await waitFor(() => replicas().join() === 'c');
    await b!.heartbeat({});
    await waitFor(() => replicas().join() === 'b,c');
    await c!.heartbeat({ serviceHealth: [{ serviceName: 'mask-transform', healthy: false }] });
    await waitFor(() => replicas().join() === 'b');
    await c!.heartbeat({
      serviceHealth: [{ serviceName: 'mask-transform', status: 'HEALTH_STATUS_DEGRADED' }],
    });
    await waitFor(() => replicas().join() === 'b,c');
    assert.equal(targets(own.held.get(ID)!)['mask-transform'], 'local 127.0.0.1:500014');
    assert.deepEqual(
      own.held.get(ID)?.stages[1]?.replicas.map(({ sidecarId }) => sidecarId),
      ['c'],
    );
  });

  it('revokes a pipeline when its last local service goes, and takes new services from a heartbeat', async (test) => {
    const router = await startRouter(test, CHAIN);
    const a = peer(test, router, 'a');
    await a.register([service('mask-transform')]);
    const watch = a.watch();
    await watch.synced();
    await a.heartbeat({ localServices: [service('other-transform')] });
    await waitFor(() => watch.held.size === 0);
    const { assignment, eventType } = watch.events.at(-1)!;
    assert.deepEqual([eventType, assignment?.pipelineId, assignment?.version], ['EVENT_TYPE_REVOKED', ID, 2]);
    await a.heartbeat({ localServices: [service('out-sink')] });
    await waitFor(() => watch.held.has(ID));
    assert.equal(watch.events.at(-1)?.eventType, 'EVENT_TYPE_ASSIGNED');
  });

  it('tells the newest word alone to a sidecar that is behind', async (test) => {
    const router = await startRouter(test, CHAIN);
    const a = peer(test, router, 'a');
    await a.register([service('in-source')]);
    const b = peer(test, router, 'b');
    // nothing is read meanwhile: what waits is one level, not a queue
    for (let round = 0; round < 20; round++) {
      await b.register([service('mask-transform'), service('out-sink')]);
      await b.deregister();
    }
    await b.register([service('out-sink')]);
    const commands = await waitFor(async () => {
      const beat = await a.heartbeat();
      return beat.commands[0]?.assign?.stages[2]?.remoteSidecar && beat.commands;
    });
    assert.equal(commands.length, 1);
  });

  it('says goodbye at once: deregistered, or registered without services', async (test) => {
    const router = await startRouter(test, CHAIN);
    const a = peer(test, router, 'a');
    await a.register([service('in-source')]);
    const seen = a.watch();
    const b = peer(test, router, 'b');
    await b.register([service('out-sink')]);
    await waitFor(() => targets(seen.held.get(ID)!)['out-sink'] === 'b');
    assert.equal(await b.deregister(), true);
    assert.equal(await b.deregister(), false);
    await waitFor(() => targets(seen.held.get(ID)!)['out-sink'] === 'nowhere');
    const c = peer(test, router, 'c');
    await c.register([service('out-sink')], { instance: '' });
    await waitFor(() => targets(seen.held.get(ID)!)['out-sink'] === 'c');
    await c.register([], { instance: '' });
    await waitFor(() => targets(seen.held.get(ID)!)['out-sink'] === 'nowhere');
    const heir = peer(test, router, 'c');
    const answer = await heir.register([service('out-sink')], {
      instance: '',
      sidecarEndpoint: 'elsewhere:1',
    });
    assert.equal(answer.success, true, 'who has said goodbye holds no id');
  });

  it('refuses an id that another sidecar holds, and replaces by instance and by endpoint', async (test) => {
    const clock = manualClock();
    const router = await startRouter(test, CHAIN, { clock, heartbeatIntervalMs: 1_000 });
    const a = peer(test, router, 'a');
    await a.register([service('out-sink')]);
    const thief = peer(test, router, 'a');
    const other = { instance: 'other', sidecarEndpoint: 'other:1' };
    const refused = await thief.register([service('out-sink')], other);
    assert.equal(refused.success, false);
    assert.match(refused.error, /^SIDECAR_ID_IN_USE: /);
    assert.equal((await a.heartbeat()).acknowledged, true);

    const restarted = peer(test, router, 'new-id');
    await restarted.register([service('out-sink')], { sidecarEndpoint: 'a:9091' });
    assert.equal((await a.heartbeat()).acknowledged, false, 'one endpoint, one sidecar');

    await clock.advance(3_500);
    const heir = await peer(test, router, 'new-id').register([service('out-sink')], other);
    assert.equal(heir.success, true, 'the lease has run out');
  });

  it('drops a sidecar that misses its lease', async (test) => {
    const clock = manualClock();
    const router = await startRouter(test, CHAIN, { clock, heartbeatIntervalMs: 1_000 });
    const peers = ['a', 'b', 'c'].map((id) => peer(test, router, id));
    const [a, b, c] = peers;
    await a!.register([service('in-source')]);
    const seen = a!.watch();
    await b!.register([service('mask-transform'), service('out-sink')]);
    await c!.register([service('mask-transform'), service('out-sink')]);
    const replicas = (): number => seen.held.get(ID)?.stages[1]?.replicas.length ?? 0;
    await waitFor(() => replicas() === 2);
    for (let second = 0; second < 4; second++) {
      assert.equal(replicas(), 2);
      await clock.advance(900);
      await a!.heartbeat();
      await b!.heartbeat();
    }
    await waitFor(() => replicas() === 1);
    assert.equal((await c!.heartbeat()).acknowledged, false);
  });

  it('counts its own running time: a router that was suspended drops nobody', async (test) => {
    const clock = manualClock();
    const router = await startRouter(test, CHAIN, { clock, heartbeatIntervalMs: 1_000 });
    const peers = ['a', 'b', 'c'].map((id) => peer(test, router, id));
    for (const each of peers) await each.register([service('out-sink')]);
    await clock.jump(600_000);
    await clock.advance(500);
    for (const each of peers) assert.equal((await each.heartbeat()).acknowledged, true);
  });

  it('keeps its sidecars when more than half of them go silent, and says so', async (test) => {
    const clock = manualClock();
    const router = await startRouter(test, CHAIN, { clock, heartbeatIntervalMs: 1_000 });
    const peers = ['a', 'b', 'c', 'd', 'e'].map((id) => peer(test, router, id));
    for (const each of peers) {
      await each.register([service('out-sink')]);
      await clock.advance(100);
    }
    const beat = async (rounds: number, ...speaking: typeof peers): Promise<void> => {
      for (let round = 0; round < rounds; round++) {
        await clock.advance(500);
        for (const each of speaking) await each.heartbeat();
      }
    };
    await beat(8, peers[0]!, peers[1]!);
    const statusz = (): { massLapse?: unknown; sidecars?: { id: string }[] } =>
      router.router.status.statusz();
    assert.equal(statusz().massLapse, true);
    assert.equal(statusz().sidecars?.length, 5, 'leases that run out one after the other are one lapse');
    assert.match(await router.registry.metrics(), /^conveyor_router_mass_lapse 1$/m);

    await beat(2, peers[0]!, peers[1]!, peers[2]!);
    assert.equal(statusz().massLapse, false);
    await beat(8, peers[0]!, peers[1]!, peers[2]!, peers[3]!);
    assert.deepEqual(
      statusz().sidecars?.map(({ id }) => id),
      ['a', 'b', 'c', 'd'],
      'the rest had one more lease',
    );
  });

  it('settles after a start: who holds routes keeps them until all are back', async (test) => {
    const clock = manualClock();
    const router = await startRouter(test, CHAIN, { clock, heartbeatIntervalMs: 1_000 });
    const a = peer(test, router, 'a');
    const held = await a.register([service('in-source')], { routesHeld: true });
    assert.deepEqual([held.settling, held.initialAssignments], [true, []]);
    const watch = a.watch();
    const b = peer(test, router, 'b');
    const fresh = await b.register([service('out-sink')]);
    assert.equal(fresh.settling, false);
    assert.equal(targets(fresh.initialAssignments[0]!)['in-source'], 'a');

    const alive = async (): Promise<boolean> => {
      await clock.advance(200);
      await b.heartbeat();
      const { acknowledged, reregister, commands } = await a.heartbeat();
      assert.deepEqual([acknowledged, commands], [true, []]);
      return reregister;
    };
    for (let time = 0; time < 2_800; time += 200) assert.equal(await alive(), false);
    assert.deepEqual(watch.events, [], 'not even an empty opening set, which would revoke');
    let rounds = 0;
    while (!(await alive())) assert.ok(rounds++ < 7, 'within one interval');
    const settled = await a.register([service('in-source')], { routesHeld: true });
    assert.equal(settled.settling, false);
    assert.equal(targets(settled.initialAssignments[0]!)['out-sink'], 'b');
    assert.equal((await waitFor(() => watch.ended())).code, status.NOT_FOUND);
  });

  it('bounds what a peer can send', async (test) => {
    const router = await startRouter(test, CHAIN, { maxSidecars: 2 });
    const a = peer(test, router, 'a');
    const refusedWith = (code: string) => (error: unknown) =>
      error instanceof ConveyorError && error.code === code;
    const many = Array.from({ length: 257 }, (_, index) => service(`s${index}-sink`));
    await assert.rejects(a.register(many), refusedWith('INVALID_ARGUMENT'));
    await assert.rejects(a.register([], { sidecarId: '' }), refusedWith('INVALID_ARGUMENT'));
    await assert.rejects(a.register([], { podName: 'x'.repeat(513) }), refusedWith('INVALID_ARGUMENT'));
    await assert.rejects(a.register([service('x'.repeat(600))]), refusedWith('INVALID_ARGUMENT'));
    const labels = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`l${index}`, 'x']));
    await assert.rejects(a.register([], { labels }), refusedWith('INVALID_ARGUMENT'));
    await assert.rejects(
      a.register([], { version: 'x'.repeat(5_000_000) }),
      refusedWith('RESOURCE_EXHAUSTED'),
    );
    await a.register([]);
    await peer(test, router, 'b').register([]);
    const full = await peer(test, router, 'c').register([]);
    assert.match(full.error, /^TOO_MANY_SIDECARS: /);
    assert.equal((await a.heartbeat()).acknowledged, true);
  });

  it('keeps namespaces apart', async (test) => {
    const router = await startRouter(test, CHAIN);
    await peer(test, router, 'b').register([service('out-sink')], { namespace: 'other' });
    const { initialAssignments } = await peer(test, router, 'a').register([service('in-source')]);
    assert.equal(targets(initialAssignments[0]!)['out-sink'], 'nowhere');
  });
});
