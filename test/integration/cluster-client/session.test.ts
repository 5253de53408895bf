import assert from 'node:assert/strict';
import {
  connect as connectTcp,
  createServer as createTcpServer,
  type Server as TcpServer,
  type Socket,
} from 'node:net';
import { describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { useKeep } from '../../support/keep.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { waitFor } from '../../support/wait.ts';
import { type Harness, type HarnessOptions, service, startHarness } from './harness.ts';
import { type ScriptedRouter, type ScriptedRouterOptions, startScriptedRouter } from './scripted-router.ts';

describe('a session with a router with our extensions', () => {
  failOnLeaks();
  const keep = useKeep();
  const router = async (options: ScriptedRouterOptions = {}): Promise<ScriptedRouter> =>
    keep(await startScriptedRouter(options));
  const session = async (options: HarnessOptions): Promise<Harness> => keep(await startHarness(options));
  const joined = async (options: HarnessOptions): Promise<Harness> => {
    const pod = await session(options);
    await waitFor(() => pod.client.state().kind === 'registered', {
      what: () => `the registration, not ${JSON.stringify(pod.client.snapshot())}`,
    });
    return pod;
  };
  const listening = async (server: TcpServer, sockets: Set<Socket>): Promise<string> => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    keep({
      stop: () =>
        new Promise<void>((resolve) => {
          for (const socket of sockets) socket.destroy();
          server.close(() => resolve());
        }),
    });
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    return `127.0.0.1:${address.port}`;
  };
  /** A port that passes connections on: to the first address that `pick` gives, until it is frozen. */
  const proxy = async (pick: (connection: number) => string) => {
    const open = new Set<Socket>();
    let connections = 0;
    const track = (socket: Socket): Socket => {
      open.add(socket);
      return socket.on('error', () => undefined).on('close', () => open.delete(socket));
    };
    const server = createTcpServer((inbound) => {
      const [host, port] = pick(connections++).split(':');
      const outbound = track(connectTcp({ host: host!, port: Number(port) }));
      track(inbound).pipe(outbound).pipe(inbound);
    });
    const address = await listening(server, open);
    const freeze = (): void => {
      for (const socket of open) socket.unpipe().pause();
    };
    return { address, freeze, connections: () => connections };
  };
  /** A port that takes connections and never says a word. */
  const silentPort = async (): Promise<string> => {
    const sockets = new Set<Socket>();
    const server = createTcpServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    });
    return listening(server, sockets);
  };
  /** A router that beats slowly and assigns the pipelines `a` and `b`. */
  const assigning = async (): Promise<ScriptedRouter> => {
    const at = await router();
    at.script.register = () => ({
      success: true,
      registrationId: 'r1',
      heartbeatIntervalMs: 60_000,
      initialAssignments: [
        { pipelineId: 'a', version: 1 },
        { pipelineId: 'b', version: 2 },
      ],
    });
    return at;
  };
  const ALIVE = new AbortController().signal;
  const FAST = { heartbeatIntervalMs: 50 };
  const warnings = ({ lines }: Harness): number => lines.filter(({ level }) => level === 'warn').length;

  it('introduces itself with all that our router wants to know', async () => {
    const at = await router();
    const pod = await joined({
      addresses: [at.address],
      pod: [
        service('mask', { maxBatchSize: 10, labels: { tier: 'a' } }),
        service('gate', { type: 'source', endpoint: '' }),
      ],
    });
    assert.equal(at.registrations.length, 1);
    const { localServices, ...rest } = at.registrations[0]!;
    assert.deepEqual(rest, {
      sidecarId: 's1',
      podName: 'pod-1',
      namespace: 'default',
      sidecarEndpoint: '127.0.0.1:9091',
      labels: { app: 'x' },
      version: '0.1.0',
      instance: 'i1',
      routesHeld: false,
    });
    assert.deepEqual(
      localServices.map((each) => [each.serviceName, each.serviceType, each.maxBatchSize, each.labels]),
      [
        ['mask', 'SERVICE_TYPE_TRANSFORM', 10, { tier: 'a' }],
        ['gate', 'SERVICE_TYPE_SOURCE', 0, {}],
      ],
    );
    assert.equal(pod.client.localAddress(), '127.0.0.1');
    await waitFor(() => at.watches.length > 0);
    assert.deepEqual(at.watch().request, { sidecarId: 's1', registrationId: 'r1' });
  });

  it('advertises the pod address when it is given one, in brackets if it is IPv6', async () => {
    const at = await router();
    await joined({ addresses: [at.address], advertised: { podIp: 'fd00::7', port: () => 9091 } });
    assert.equal(at.registrations[0]?.sidecarEndpoint, '[fd00::7]:9091');
  });

  it('beats with health, load and stage figures, at the interval that is shorter', async () => {
    const at = await router({ heartbeatIntervalMs: 100 });
    const pod = await joined({
      addresses: [at.address],
      pod: [
        service('mask', { health: 'degraded', healthMessage: 'slow', activeRequests: 2 }),
        service('db', { health: 'unhealthy' }),
      ],
    });
    await waitFor(() => at.heartbeats.length >= 2);
    assert.equal(pod.client.snapshot().heartbeatIntervalMs, 100);
    const { serviceHealth, load, stageStats, ...rest } = at.heartbeats[0]!;
    assert.deepEqual(serviceHealth, [
      {
        serviceName: 'mask',
        healthy: true,
        activeRequests: 2,
        status: 'HEALTH_STATUS_DEGRADED',
        message: 'slow',
      },
      {
        serviceName: 'db',
        healthy: false,
        activeRequests: 0,
        status: 'HEALTH_STATUS_UNHEALTHY',
        message: '',
      },
    ]);
    assert.deepEqual(load, { cpuUsage: 0.5, memoryUsage: 0.25, totalActiveRequests: 3, localQueueDepth: 7 });
    assert.equal(stageStats[0]?.records, 11);
    assert.deepEqual(rest, {
      sidecarId: 's1',
      registrationId: 'r1',
      draining: false,
      assignmentVersion: 0,
      localServices: [],
    });
  });

  it('lets the router ask for another interval, until its next answer', async () => {
    const at = await router({ heartbeatIntervalMs: 100 });
    at.script.heartbeat = () => ({ acknowledged: true, intervalMs: 60_000 });
    const pod = await joined({ addresses: [at.address] });
    await waitFor(() => pod.client.snapshot().heartbeatIntervalMs === 60_000);
    at.script.heartbeat = () => ({ acknowledged: true });
    pod.setServices([service('mask', { health: 'unhealthy' })]);
    await waitFor(() => pod.client.snapshot().heartbeatIntervalMs === 100);
    await waitFor(() => at.heartbeats.length >= 4);
  });

  it('takes the initial assignments, the opening of the watch and its events', async () => {
    const at = await assigning();
    const pod = await joined({ addresses: [at.address] });
    assert.deepEqual(pod.running(), ['a', 'b']);
    await waitFor(() => at.watches.length > 0);
    at.watch().write({
      eventType: 'EVENT_TYPE_ASSIGNED',
      assignment: { pipelineId: 'b', version: 2 },
      synced: true,
    });
    await waitFor(() => pod.running().join() === 'b');
    assert.deepEqual(pod.calls.at(-1), { kind: 'assign', ids: ['b'], drainFirst: ['a'] });
    at.watch().write({ eventType: 'EVENT_TYPE_ASSIGNED', assignment: { pipelineId: 'c', version: 4 } });
    await waitFor(() => pod.running().join() === 'b,c');
    at.watch().write({ eventType: 'EVENT_TYPE_REVOKED', assignment: { pipelineId: 'b', version: 5 } });
    await waitFor(() => pod.running().join() === 'c');
    assert.equal(await pod.metric('conveyor_sidecar_assignment_version'), 5);
    assert.equal(await pod.metric('conveyor_sidecar_assigned_pipelines'), 1);
  });

  it('ignores what is older than what it has, whichever way it came, and says what it has', async () => {
    const at = await router();
    const pod = await joined({ addresses: [at.address], timings: FAST });
    await waitFor(() => at.watches.length > 0);
    at.watch().write({
      eventType: 'EVENT_TYPE_ASSIGNED',
      assignment: { pipelineId: 'a', version: 9, generation: 2 },
    });
    await waitFor(() => at.heartbeats.at(-1)?.assignmentVersion === 9);
    at.script.heartbeat = () => ({
      acknowledged: true,
      commands: [
        { assign: { pipelineId: 'a', version: 8, generation: 1 } },
        { revoke: { pipelineId: 'a', version: 7, drainFirst: false } },
        { assign: { pipelineId: 'z', version: 3 } },
      ],
    });
    await waitFor(() => pod.running().includes('z'));
    assert.deepEqual(pod.running(), ['a', 'z']);
    assert.equal(pod.assignment('a')?.generation, 2);
  });

  it('obeys assign, revoke and drain in the answers to heartbeats', async () => {
    const at = await router();
    const pod = await joined({ addresses: [at.address] });
    const answer = async (command: object, done: () => boolean): Promise<void> => {
      at.script.heartbeat = () => ({ acknowledged: true, commands: [command] });
      pod.setServices([service('mask')]);
      await waitFor(done);
    };
    await answer({ assign: { pipelineId: 'a', version: 1 } }, () => pod.running().join() === 'a');
    await answer({ drain: { pipelineIds: ['a'], timeoutMs: 1_234 } }, () =>
      pod.calls.some(({ kind }) => kind === 'drain'),
    );
    assert.deepEqual(
      pod.calls.find(({ kind }) => kind === 'drain'),
      { kind: 'drain', ids: ['a'], timeoutMs: 1_234 },
    );
    await answer(
      { revoke: { pipelineId: 'a', version: 2, drainFirst: false } },
      () => pod.running().length === 0,
    );
    assert.deepEqual(pod.calls.at(-1), { kind: 'assign', ids: [], drainFirst: [] });
    await answer({ assign: { pipelineId: 'b', version: 3 } }, () => pod.running().join() === 'b');
    await answer(
      { revoke: { pipelineId: 'b', version: 4, drainFirst: true } },
      () => pod.running().length === 0,
    );
    assert.deepEqual(pod.calls.at(-1), { kind: 'assign', ids: [], drainFirst: ['b'] });
  });

  it('reports a change of the services at once, and not again once it was heard', async () => {
    const at = await router();
    const pod = await joined({ addresses: [at.address] });
    await waitFor(() => at.heartbeats.length === 1);
    pod.setServices([service('mask'), service('geo')]);
    await waitFor(() => at.heartbeats.length === 2);
    assert.deepEqual(
      at.heartbeats[1]?.localServices.map(({ serviceName }) => serviceName),
      ['mask', 'geo'],
    );
    pod.setServices([service('mask'), service('geo', { health: 'unhealthy' })]);
    await waitFor(() => at.heartbeats.length === 3);
    assert.deepEqual(at.heartbeats[2]?.localServices, []);
    assert.equal(at.heartbeats[2].serviceHealth[1]?.healthy, false);
    pod.setServices([]);
    await waitFor(() => at.registrations.length === 2, { what: 'the registration that no service is left' });
    assert.deepEqual(at.registrations[1]?.localServices, []);
  });

  for (const [how, answer] of [
    ['it is asked to', { acknowledged: true, reregister: true }],
    ['a heartbeat is not acknowledged', { acknowledged: false }],
  ] as const) {
    it(`registers again when ${how}`, async () => {
      const at = await router();
      at.script.heartbeat = () => (at.registrations.length === 1 ? answer : { acknowledged: true });
      const pod = await joined({ addresses: [at.address], timings: FAST });
      await waitFor(() => at.registrations.length === 2 && at.watches.length === 2);
      assert.equal(at.watch().request.registrationId, 'r2');
      assert.equal(pod.client.snapshot().registrationId, 'r2');
      assert.equal(await pod.metric('conveyor_sidecar_heartbeats_total{outcome="reregister"}'), 1);
    });
  }

  it('registers again when the watch does not know it, with a pause between', async () => {
    const at = await router();
    at.script.watch = (call) => {
      if (at.registrations.length < 3) call.emit('error', { code: status.NOT_FOUND, details: 'who?' });
    };
    const pod = await joined({ addresses: [at.address], timings: { heartbeatIntervalMs: 40 } });
    await waitFor(() => at.registrations.length === 3 && pod.client.snapshot().watching);
    await waitFor(() => at.heartbeats.length >= 3, { what: 'a heartbeat after each registration' });
  });

  it('starts the numbers afresh with each registration', async () => {
    const at = await router();
    at.script.register = () => ({
      success: true,
      registrationId: `r${at.registrations.length}`,
      heartbeatIntervalMs: 60_000,
      initialAssignments: [{ pipelineId: 'a', version: at.registrations.length === 1 ? 50 : 1 }],
    });
    at.script.heartbeat = () => ({ acknowledged: at.registrations.length > 1 });
    const pod = await joined({ addresses: [at.address], timings: FAST });
    await waitFor(() => at.heartbeats.at(-1)?.assignmentVersion === 1);
    at.watch().write({ eventType: 'EVENT_TYPE_ASSIGNED', assignment: { pipelineId: 'b', version: 2 } });
    await waitFor(() => pod.running().join() === 'a,b');
  });

  it('keeps its routes at a router that settles', async () => {
    const at = await router();
    const answer = { success: true, heartbeatIntervalMs: 60_000 };
    at.script.register = () =>
      at.registrations.length === 1
        ? { ...answer, initialAssignments: [{ pipelineId: 'a', version: 1 }] }
        : { ...answer, settling: true };
    const pod = await joined({ addresses: [at.address], timings: FAST });
    at.script.heartbeat = () => ({ acknowledged: at.registrations.length > 1 });
    await waitFor(() => pod.client.snapshot().settling && at.watches.length === 2);
    assert.equal(at.registrations[1]?.routesHeld, true);
    at.watch().write({ synced: true });
    at.watch().write({ eventType: 'EVENT_TYPE_ASSIGNED', assignment: { pipelineId: 'b', version: 1 } });
    await waitFor(() => pod.running().includes('b'));
    assert.deepEqual(pod.running(), ['a', 'b']);
  });

  it('waits for a router that comes later, and goes on saying nothing but one line', async () => {
    const gone = await startScriptedRouter();
    await gone.stop();
    const pod = await session({ addresses: [gone.address] });
    await waitFor(() => pod.client.snapshot().failedDials > 4);
    assert.equal(pod.client.registered(), false);
    assert.equal(warnings(pod), 1);
    await router({ port: gone.port });
    await waitFor(() => pod.client.registered());
    await waitFor(() => pod.lines.some(({ message }) => message === 'registered with the router'));
    assert.equal(pod.lines.length, 2, 'one line when it is lost and one when it is back');
    assert.equal(await pod.metric('conveyor_sidecar_session_state{state="registered"}'), 1);
  });

  it('outlives a restart of the router on the same port, with its routes and its readiness', async () => {
    const first = await router();
    first.script.register = () => ({
      success: true,
      registrationId: 'r1',
      heartbeatIntervalMs: 60_000,
      initialAssignments: [{ pipelineId: 'a', version: 1 }],
    });
    const pod = await joined({ addresses: [first.address] });
    await first.stop();
    await waitFor(() => pod.client.snapshot().failedDials > 2);
    assert.ok(pod.client.registered());
    assert.deepEqual(pod.running(), ['a']);
    const second = await router({ port: first.port });
    await waitFor(() => second.heartbeats.length > 0);
    assert.equal(second.registrations[0]?.routesHeld, true);
    assert.equal(second.registrations[0].instance, 'i1');
  });

  it('gives a silent port up and takes the next router', async () => {
    const silent = await silentPort();
    const at = await router();
    const started = performance.now();
    const pod = await joined({ addresses: [silent, at.address], timings: { callTimeoutMs: 100 } });
    assert.ok(performance.now() - started < 2_000);
    assert.equal(pod.client.snapshot().address, at.address);
  });

  it('gives up a router that stops to answer, and comes back to it', async () => {
    const at = await router({
      script: { heartbeat: () => (at.registrations.length === 1 ? undefined : { acknowledged: true }) },
    });
    const pod = await joined({ addresses: [at.address], timings: { callTimeoutMs: 1_000 } });
    await waitFor(() => at.registrations.length === 2 && pod.client.state().kind === 'registered');
    assert.equal(await pod.metric('conveyor_sidecar_heartbeats_total{outcome="failed"}'), 1);
  });

  it('passes a router over that never answers a registration', async () => {
    const mute = await router({ script: { register: () => undefined } });
    const at = await router();
    const addresses = [mute.address, at.address];
    const pod = await joined({ addresses, timings: { callTimeoutMs: 100 } });
    assert.equal(pod.client.snapshot().address, at.address);
  });

  it('dials on while its id is in use', async () => {
    const at = await router();
    at.script.register = () =>
      at.registrations.length < 4
        ? { success: false, error: 'SIDECAR_ID_IN_USE' }
        : { success: true, registrationId: 'r', heartbeatIntervalMs: 60_000 };
    const pod = await joined({ addresses: [at.address] });
    assert.equal(warnings(pod), 1);
    assert.equal(pod.lines[0]?.fields['reason'], 'SIDECAR_ID_IN_USE');
    assert.equal(await pod.metric('conveyor_sidecar_registrations_total{outcome="refused"}'), 3);
  });

  it('opens a cut watch again and is told the whole set', async () => {
    const at = await assigning();
    const pod = await joined({ addresses: [at.address] });
    await waitFor(() => at.watches.length === 1);
    at.script.watch = (call) => {
      call.write({ eventType: 'EVENT_TYPE_ASSIGNED', assignment: { pipelineId: 'a', version: 1 } });
      call.write({ synced: true });
    };
    at.watch().end();
    await waitFor(() => pod.running().join() === 'a');
    assert.equal(at.registrations.length, 1);
    assert.equal(await pod.metric('conveyor_sidecar_watch_reopens_total{cause="ended"}'), 1);
  });

  it('replaces a watch that has grown old in silence', async () => {
    const at = await router();
    const pod = await joined({ addresses: [at.address], timings: { watchMaxAgeMs: 100 } });
    await waitFor(() => at.watches.length === 3);
    assert.equal(at.registrations.length, 1);
    assert.equal(warnings(pod), 0);
    assert.equal(await pod.metric('conveyor_sidecar_watch_reopens_total{cause="failed"}'), Number.NaN);
  });

  it('notices a connection that died without a word', async () => {
    const at = await router();
    const between = await proxy(() => at.address);
    const timings = { heartbeatIntervalMs: 60_000, keepaliveMs: 50, keepaliveTimeoutMs: 50 };
    const pod = await joined({ addresses: [between.address], timings });
    await waitFor(() => at.heartbeats.length === 1 && at.watches.length === 1);
    between.freeze();
    await waitFor(() => at.registrations.length === 2 && pod.client.state().kind === 'registered');
  });

  it('dials afresh each time, so that a name with several routers behind it leads to all of them', async () => {
    const follower = await router({
      script: { register: () => ({ success: false, error: 'not the leader' }) },
    });
    const leader = await router();
    const service = await proxy((connection) => (connection < 4 ? follower : leader).address);
    await joined({ addresses: [service.address] });
    assert.equal(follower.registrations.length, 2);
    assert.equal(service.connections(), 6, 'a dial is a look at the port and a channel');
  });

  it('does not take a part of an opening set for the whole one', async () => {
    const at = await assigning();
    let opened = 0;
    at.script.watch = (call) => {
      call.write({ eventType: 'EVENT_TYPE_ASSIGNED', assignment: { pipelineId: 'a', version: 1 } });
      if (++opened === 1) call.end();
      else call.write({ eventType: 'EVENT_TYPE_ASSIGNED', assignment: { pipelineId: 'c', version: 3 } });
    };
    const pod = await joined({ addresses: [at.address] });
    await waitFor(() => pod.running().includes('c'));
    assert.deepEqual(pod.running(), ['a', 'b', 'c']);
  });

  it('uses the second prefix where the first is not served, and remembers it', async () => {
    const at = await router({ prefixes: ['conveyor_etl'] });
    const pod = await joined({ addresses: [at.address] });
    assert.equal(pod.client.snapshot().prefix, 'conveyor_etl');
    await waitFor(() => at.watches.length === 1 && at.heartbeats.length === 1);
    await pod.client.leave('test', ALIVE);
    assert.equal(at.goodbyes.length, 1);
  });

  it('says at once that it drains, and does so to the end', async () => {
    const at = await router();
    const pod = await joined({ addresses: [at.address], timings: { heartbeatIntervalMs: 60_000 } });
    await waitFor(() => at.heartbeats.length === 1);
    await pod.client.setDraining('shutdown');
    assert.equal(at.heartbeats.at(-1)?.draining, true);
    pod.setServices([]);
    await waitFor(() => at.registrations.length === 2 && at.heartbeats.length >= 3);
    assert.ok(at.heartbeats.slice(1).every(({ draining }) => draining));
    await pod.client.leave('shutdown', ALIVE);
    assert.deepEqual(at.goodbyes, [{ sidecarId: 's1', registrationId: 'r2', reason: 'shutdown' }]);
    assert.equal(pod.client.state().kind, 'left');
  });

  it('leaves a router of ours that lacks the goodbye by an empty registration', async () => {
    const at = await router({ withoutDeregister: true });
    const pod = await joined({ addresses: [at.address] });
    await pod.client.leave('shutdown', ALIVE);
    assert.deepEqual(at.registrations.at(-1)?.localServices, []);
  });

  it('drains and leaves without a router too, in no time', async () => {
    const gone = await startScriptedRouter();
    await gone.stop();
    const pod = await session({ addresses: [gone.address] });
    await pod.client.setDraining('shutdown');
    await pod.client.leave('shutdown', ALIVE);
    assert.equal(pod.client.state().kind, 'left');
    await pod.client.setDraining('again');
    await pod.client.leave('again', ALIVE);
  });

  it('can be stopped before it starts, and twice', async () => {
    const at = await router();
    const pod = await joined({ addresses: [at.address] });
    await pod.stop();
    await pod.stop();
    assert.equal(pod.client.state().kind, 'left');
  });
});
