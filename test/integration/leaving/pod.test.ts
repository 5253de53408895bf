import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import type { ContainerState, Pod } from 'kubernetes-types/core/v1.d.ts';
import type { Event } from 'kubernetes-types/events/v1.d.ts';
import { EVENTS, PODS } from '../../../src/foundation/kubernetes/resources.ts';
import { deliver } from '../../support/cluster.ts';
import { useKeep } from '../../support/keep.ts';
import { type KubeServer, startKube } from '../../support/kube-api.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { receive } from '../../support/peer.ts';
import { openPush, records } from '../../support/push.ts';
import { chain, startTestRouter } from '../../support/router.ts';
import { fates, latch } from '../../support/scene.ts';
import { startTestSidecar, type TestSidecar } from '../../support/sidecar.ts';
import { type SinkService, startSink, type StageService } from '../../support/stages.ts';
import { waitFor } from '../../support/wait.ts';

failOnLeaks();
const keep = useKeep();

const KEY = '0123456789abcdef0123456789abcdef';
const RUNNING: ContainerState = { running: { startedAt: '2026-11-24T10:00:00Z' } };

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

interface PodOptions {
  readonly app?: ContainerState;
  readonly restarts?: number;
  readonly deletedMs?: number;
}

/** The pod `default/a` as the API has it: an application with the sink's port, and a plain sidecar. */
function podOf(sink: StageService, { app = RUNNING, restarts = 0, deletedMs }: PodOptions = {}): Pod {
  const status = { image: '', imageID: '', ready: 'running' in app, restartCount: restarts };
  const deletion =
    deletedMs === undefined
      ? {}
      : {
          deletionTimestamp: new Date(Date.now() + deletedMs).toISOString(),
          deletionGracePeriodSeconds: Math.round(deletedMs / 1_000),
        };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name: 'a', uid: 'uid-a', ...deletion },
    spec: {
      nodeName: 'node1',
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 20,
      containers: [{ name: 'app', ports: [{ containerPort: sink.port }] }, { name: 'conveyor-sidecar' }],
    },
    status: {
      phase: 'Running',
      containerStatuses: [
        { name: 'app', state: app, ...status },
        { name: 'conveyor-sidecar', state: RUNNING, ...status },
      ],
    },
  };
}

interface Stand {
  readonly sink: SinkService;
  readonly a: TestSidecar;
  readonly receipt: () => Record<string, unknown>;
  /** Answers with the status of a hook's page. */
  readonly hook: (container?: string) => Promise<number>;
}

/** A sidecar in a pod, beside a sink that it routes to. */
async function stand(
  options: Partial<Parameters<typeof startSink>[0]> = {},
  env: Readonly<Record<string, string>> = {},
  prepare: (sink: SinkService) => void = () => undefined,
): Promise<Stand> {
  const folder = await mkdtemp(join(tmpdir(), 'leaving-'));
  folders.push(folder);
  const terminationLog = join(folder, 'termination-log');
  writeFileSync(terminationLog, '');
  const router = keep(await startTestRouter({ 'p.yaml': chain('p') }));
  const sink = keep(await startSink({ name: 'store', ...options }));
  prepare(sink);
  const a = await startTestSidecar({
    SIDECAR_ID: 'default/a',
    POD_NAME: 'a',
    CLUSTER_ENDPOINT: router.address,
    DISCOVERY_START_PORT: '1',
    DISCOVERY_END_PORT: '1',
    DISCOVERY_PORTS: `${sink.port}`,
    SERVICE_NAMES: `${sink.port}=store`,
    HOOK_KEY: KEY,
    KUBERNETES_SERVICE_HOST: '127.0.0.1',
    TERMINATION_LOG: terminationLog,
    ...env,
  });
  keep({ stop: () => a.shutdown(0) });
  return {
    sink,
    a,
    receipt: () => JSON.parse(readFileSync(terminationLog, 'utf8')) as Record<string, unknown>,
    hook: async (container) =>
      (await a.page(container === undefined ? `/prestop/${KEY}` : `/prestop/${container}/${KEY}`)).status,
  };
}

/** The same, with the API. */
async function standWithApi(): Promise<Stand & { kube: KubeServer; set: (options: PodOptions) => void }> {
  const kube = keep(await startKube());
  const env = { KUBERNETES: 'on', KUBECONFIG_FILE: kube.kubeconfig(), CONTAINER_NAME: 'conveyor-sidecar' };
  const stood = await stand({}, env, (sink) => void kube.put(PODS, podOf(sink)));
  await waitFor(() => kube.watches() > 0);
  return { ...stood, kube, set: (options) => void kube.put(PODS, podOf(stood.sink, options)) };
}

const isLeaving = async (a: TestSidecar): Promise<boolean> =>
  (await a.page('/readyz?verbose')).body.includes('shutting down');

describe('the end of a pod', () => {
  it('seen by its deletion: sources push to the end, and what became of all is in the message and an Event', async () => {
    const { a, kube, set, receipt, hook } = await standWithApi();
    const push = openPush(a.grpcPort);
    push.init('src', 'p');
    await deliver(push, 0, 20);
    set({ deletedMs: 20_000 });
    await waitFor(() => isLeaving(a));
    assert.equal(await hook('app'), 200);
    await deliver(push, 20, 10);
    const gone = a.shutdown();
    await deliver(push, 30, 10);
    assert.equal((await push.finish()).code, 0);
    await gone;
    const { trigger, inFlight, finished, returned, pipelines } = receipt();
    assert.deepEqual(
      { trigger, inFlight, finished, returned, pipelines },
      {
        ...{ trigger: 'deletion', inFlight: 0, finished: 20, returned: 0 },
        pipelines: { 'default/p': { inFlight: 0, finished: 20, returned: 0 } },
      },
    );
    const drained = kube.all<Event>(EVENTS).find(({ reason }) => reason === 'Drained');
    assert.match(drained?.note ?? '', /20 finished, 0 given back/);
    assert.equal(drained?.regarding?.uid, 'uid-a');
  });

  it('of a Job comes when its application is done for good, not when it is restarted', async () => {
    const { a, set, receipt } = await standWithApi();
    set({ restarts: 1 });
    await waitFor(async () => (await a.page('/statusz')).body.includes('"restarts": 1'));
    assert.equal(await isLeaving(a), false);
    set({ app: { terminated: { exitCode: 0 } } });
    await a.exitRequested;
    await a.shutdown();
    assert.equal(receipt()['trigger'], 'completion');
  });

  it('seen by our own hook, without the API: the application is held until what peers sent is done', async () => {
    const door = latch();
    const { a, sink, hook } = await stand({
      batch: ({ batch }) =>
        batch?.records[0]?.id?.sourceId === 'held'
          ? door.opened.then(() => ({ status: 'WRITE_STATUS_SUCCESS' as const }))
          : undefined,
    });
    await waitFor(async () => (await a.statusz()).routes.length > 0);
    const push = openPush(a.grpcPort);
    push.init('src', 'p');
    const fromPeer = receive(a.grpcPort, { records: records(0, 1, { sourceId: 'held' }), stageId: 'store' });
    await waitFor(() => sink.calls() > 0);

    let answered = false;
    const held = hook('app').then((status) => {
      answered = true;
      return status;
    });
    assert.equal(await hook(), 200);
    await waitFor(() => isLeaving(a));
    assert.equal((await a.page('/livez')).status, 200);
    assert.deepEqual(fates(await push.push('b', records(0, 1))), ['SUCCESS']);
    assert.equal(answered, false);
    door.open();
    assert.deepEqual(fates(await fromPeer), ['SUCCESS']);
    assert.equal(await held, 200);

    const gone = a.shutdown();
    assert.deepEqual(fates(await push.push('last words', records(1, 1))), ['SUCCESS']);
    await push.finish();
    await gone;
    assert.equal(sink.written.length, 3);
  });
});

describe('a container that is restarted', () => {
  it('has its services out until it is back, and the sidecar stays', async () => {
    const { a, sink, hook } = await stand();
    const push = openPush(a.grpcPort);
    push.init('src', 'p');
    await deliver(push, 0, 1);
    const withheld = async (): Promise<boolean> =>
      (await a.page('/statusz')).body.includes('its container is to stop');
    const held = hook('app');
    await waitFor(async () => (await a.metric('conveyor_sidecar_held_hooks')) === 1);
    await waitFor(withheld);
    assert.equal(await held, 200);
    assert.equal(await a.metric('conveyor_sidecar_held_hooks'), 0);
    const seconds = await a.metric('conveyor_sidecar_hook_hold_seconds_sum');
    assert.ok(seconds >= 2, `${seconds} s: it is answered when no end of the pod is known by then`);
    await sink.stop();
    const again = keep(await startSink({ name: 'store', port: sink.port }));
    const late = deliver(push, 1, 1);
    await waitFor(async () => !(await withheld()), { timeoutMs: 10_000 });
    await late;
    assert.equal(again.written.length, 1);
    assert.equal(await isLeaving(a), false);
    await push.finish();
  });
});
