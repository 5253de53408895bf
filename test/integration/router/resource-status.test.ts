import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { ServerCredentials } from '@grpc/grpc-js';
import { Registry } from 'prom-client';
import { systemClock } from '../../../src/foundation/lifecycle/clock.ts';
import { group } from '../../../src/foundation/lifecycle/component.ts';
import { createRouter } from '../../../src/router/create-router.ts';
import type { CustomResource } from '../../../src/router/pipelines/custom-resource.ts';
import { CUSTOM_RESOURCES, type Kind } from '../../../src/router/pipelines/kinds.ts';
import { CustomResourceStore } from '../../../src/router/pipelines/store-custom-resources.ts';
import type {
  ComponentResourceStatus,
  PipelineResourceStatus,
} from '../../../src/router/resources/status-schema.ts';
import { StatusWriter } from '../../../src/router/resources/status-writer.ts';
import { ALONE, type Leadership } from '../../../src/router/terms.ts';
import { type KubeServer, startKube } from '../../support/kube-api.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { recordLog } from '../../support/log.ts';
import { waitFor } from '../../support/wait.ts';
import { Peer, service } from './harness.ts';

type AnyStatus = Partial<PipelineResourceStatus & ComponentResourceStatus>;

interface Scene {
  readonly kube: KubeServer;
  readonly peer: Peer;
  readonly other: Peer;
  readonly store: CustomResourceStore;
  readonly put: (kind: Kind, name: string, spec: object) => void;
  readonly statusOf: (kind: Kind, name: string) => AnyStatus;
  /** `Ready=True Placed Degraded=False AsDefined`. */
  readonly verdict: (kind: Kind, name: string) => string;
  readonly writes: () => number;
}

async function start(
  test: TestContext,
  { intervalMs = 60_000, leadership = ALONE }: { intervalMs?: number; leadership?: Leadership } = {},
): Promise<Scene> {
  const kube = await startKube();
  const base = { clock: systemClock, logger: recordLog() };
  const store = new CustomResourceStore({ ...base, api: kube.api });
  const router = createRouter({
    ...base,
    ...{ host: '127.0.0.1', port: 0, credentials: ServerCredentials.createInsecure() },
    ...{ store, leadership, heartbeatIntervalMs: 200, version: 'test', registry: new Registry() },
  });
  const { status, view } = router;
  const timings = { intervalMs, spacingMs: 10, settlingMs: 20 };
  const writer = new StatusWriter({
    ...base,
    api: kube.api,
    resources: store,
    status,
    view,
    leadership,
    timings,
  });
  const program = group('test', [router, writer]);
  await program.start(AbortSignal.timeout(5_000));
  const peer = new Peer(router.port, 'shop/a');
  const other = new Peer(router.port, 'shop/b');
  test.after(async () => {
    peer.close();
    other.close();
    await program.stop(AbortSignal.timeout(1_000));
    await kube.stop();
  });
  const statusOf = (kind: Kind, name: string): AnyStatus =>
    kube.find<CustomResource>(CUSTOM_RESOURCES[kind], { namespace: 'shop', name })?.status ?? {};
  return {
    kube,
    peer,
    other,
    store,
    statusOf,
    put: (kind, name, spec) => {
      const metadata = { name, namespace: 'shop' };
      const before = kube.find<CustomResource>(CUSTOM_RESOURCES[kind], metadata);
      kube.put(CUSTOM_RESOURCES[kind], {
        ...before,
        kind,
        metadata: { ...before?.metadata, ...metadata },
        spec,
      });
    },
    verdict: (kind, name) =>
      (statusOf(kind, name).conditions ?? [])
        .map(({ type, status: holds, reason }) => `${type}=${holds} ${reason}`)
        .join(' '),
    writes: () => kube.requests.filter(({ method }) => method === 'PATCH').length,
  };
}

describe('the status of custom resources', () => {
  failOnLeaks();

  it('says whether every stage is offered, by whom, and of which generation', async (test) => {
    const { peer, put, statusOf, verdict } = await start(test);
    put('Pipeline', 'p', { enabled: true, source: 'in-source', sink: 'out-sink' });
    await waitFor(() => verdict('Pipeline', 'p') === 'Ready=False StageMissing Degraded=True StageMissing');
    assert.match(statusOf('Pipeline', 'p').conditions![0]!.message, /nobody offers a sink "out-sink"/);

    await peer.register([service('in-source'), service('out-sink')], { namespace: 'shop' });
    await waitFor(() => verdict('Pipeline', 'p') === 'Ready=True Placed Degraded=False AsDefined');
    const { stages, conditions, observedGeneration } = statusOf('Pipeline', 'p');
    assert.deepEqual(
      stages?.map(({ id, service: name, replicas, ready }) => [id, name, replicas, ready]),
      [
        ['in-source', 'in-source', 1, 1],
        ['out-sink', 'out-sink', 1, 1],
      ],
    );
    assert.match(conditions![0]!.lastTransitionTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.equal(conditions![0]!.observedGeneration, observedGeneration);

    put('Pipeline', 'p', { enabled: false, source: 'in-source', sink: 'out-sink' });
    await waitFor(() => verdict('Pipeline', 'p') === 'Ready=False Disabled Degraded=False AsDefined');
    assert.equal(statusOf('Pipeline', 'p').observedGeneration, observedGeneration! + 1);
  });

  it('says why a change is not taken, and what runs instead', async (test) => {
    const { peer, put, statusOf, verdict } = await start(test);
    await peer.register([service('in-source'), service('out-sink')], { namespace: 'shop' });
    const good = { enabled: true, ordering: 'partition', source: 'in-source', sink: 'out-sink' };
    put('Pipeline', 'p', good);
    await waitFor(() => verdict('Pipeline', 'p').startsWith('Ready=True'));
    put('Pipeline', 'p', { enabled: true, stages: [{ id: 's', type: 'source' }] });
    await waitFor(() => verdict('Pipeline', 'p') === 'Ready=False Invalid Degraded=True Invalid');
    const { conditions, running, problems, stages } = statusOf('Pipeline', 'p');
    assert.match(conditions![0]!.message, /^no edge leaves source "s"; the last one .* runs on$/);
    assert.deepEqual(running, good);
    assert.deepEqual(problems, ['no edge leaves source "s"']);
    assert.equal(stages?.length, 2);

    put('Pipeline', 'p', good);
    await waitFor(() => verdict('Pipeline', 'p').startsWith('Ready=True'));
  });

  it('of a Transform tells who has it and whether it is offered', async (test) => {
    const { peer, put, statusOf, verdict } = await start(test);
    put('Transform', 'mask', { service: 'mask-transform' });
    await waitFor(() => verdict('Transform', 'mask') === 'Ready=Unknown NotUsed Degraded=False AsDefined');
    put('Pipeline', 'p', { enabled: true, source: 'in-source', steps: ['mask'], sink: 'out-sink' });
    await waitFor(
      () => verdict('Transform', 'mask') === 'Ready=False StageMissing Degraded=True StageMissing',
    );
    assert.equal(statusOf('Transform', 'mask').pipelines, 1);
    await peer.register([service('mask-transform')], { namespace: 'shop' });
    await waitFor(() => verdict('Transform', 'mask') === 'Ready=True Placed Degraded=False AsDefined');
    assert.match(verdict('Pipeline', 'p'), /^Ready=False StageMissing/);
  });

  it('has the records of sources, written once an interval when nothing else changes', async (test) => {
    const intervalMs = 400;
    const { peer, other, put, statusOf, verdict, writes } = await start(test, { intervalMs });
    await peer.register([service('in-source')], { namespace: 'shop' });
    await other.register([service('out-sink')], { namespace: 'shop' });
    put('Pipeline', 'p', { enabled: true, source: 'in-source', sink: 'out-sink' });
    const beat = async (records: number): Promise<void> => {
      const stats = { pipelineId: 'shop/p', records, buffered: 0, errors: 0, latencyMs: 1 };
      // who sends to a stage counts its records as well as who runs it
      const sent = { ...stats, stageId: 'out-sink' };
      await peer.heartbeat({ stageStats: [{ ...stats, stageId: 'in-source' }, sent] });
      await other.heartbeat({ stageStats: [sent] });
    };
    await waitFor(async () => {
      await beat(0);
      return verdict('Pipeline', 'p').startsWith('Ready=True');
    });
    const before = writes();
    const startedMs = performance.now();
    for (let records = 1; records < 50; records++) await beat(records);
    await waitFor(async () => {
      await beat(50);
      return statusOf('Pipeline', 'p').stages?.every(({ records }) => records === 50);
    });
    assert.equal(statusOf('Pipeline', 'p').records, 50);
    const intervals = Math.ceil((performance.now() - startedMs) / (0.9 * intervalMs));
    assert.ok(writes() - before <= intervals, `${writes() - before} writes in ${intervals} intervals`);
  });

  it('is written by the leader alone, and not before the router knows who is there', async (test) => {
    let leading = false;
    const listeners = new Set<() => void>();
    const leadership: Leadership = {
      leading: () => leading,
      holder: () => 'another',
      onChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
    const { peer, store, put, verdict, writes } = await start(test, { leadership });
    put('Pipeline', 'p', { enabled: true, source: 'in-source', sink: 'out-sink' });
    put('Sink', 'out-sink', {});
    leading = true;
    for (const listener of listeners) listener();
    await peer.register([service('in-source'), service('out-sink')], { namespace: 'shop' });
    await waitFor(() => verdict('Pipeline', 'p') !== '' && verdict('Sink', 'out-sink') !== '');
    assert.match(verdict('Pipeline', 'p'), /^Ready=True/);
    assert.equal(writes(), 2);
    leading = false;
    for (const listener of listeners) listener();
    put('Pipeline', 'p', { enabled: false, source: 'in-source', sink: 'out-sink' });
    // by then it would have written: the watch has shown what was put after
    await new Promise((resolve) => store.onResources(resolve));
    assert.equal(writes(), 2);
  });
});
