import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Event } from 'kubernetes-types/events/v1.d.ts';
import { EVENTS, NODES, PODS } from '../../../src/foundation/kubernetes/resources.ts';
import { type BareRouter, startBareRouter } from '../../support/bare-router.ts';
import { useKeep } from '../../support/keep.ts';
import { type KubeServer, startKube } from '../../support/kube-api.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { inPod, putPod, runningSince, type TestContainer } from '../../support/pod.ts';
import { chain, startTestRouter, type TestRouter } from '../../support/router.ts';
import { contractText, descriptorsOf, startService } from '../../support/services.ts';
import { startTestSidecar, type TestSidecar } from '../../support/sidecar.ts';
import { startSink, startTransform, type StageService } from '../../support/stages.ts';
import { waitFor } from '../../support/wait.ts';

failOnLeaks();
const keep = useKeep();

const SIDECAR: TestContainer = { name: 'conveyor-sidecar', native: true };
const store = (service: StageService, more: Partial<TestContainer> = {}): TestContainer => ({
  ...{ name: 'store', ports: [{ containerPort: service.port }], ...more },
});

interface Stand {
  readonly kube: KubeServer;
  readonly router: TestRouter;
  readonly sink: StageService;
  readonly sidecar: TestSidecar;
  /** Names of the services on offer. */
  readonly offered: () => Promise<string[]>;
}

async function sidecarIn(
  kube: KubeServer,
  router: Pick<TestRouter, 'address'>,
  env: Readonly<Record<string, string>> = {},
): Promise<TestSidecar> {
  const settings = { ...inPod(kube.kubeconfig()), CLUSTER_ENDPOINT: router.address, ...env };
  const sidecar = await startTestSidecar(settings);
  keep({ stop: () => sidecar.shutdown(200) });
  return sidecar;
}

/** A sink, whose container is as given, beside a sidecar. */
async function stand(container: Partial<TestContainer> = {}, metadata = {}): Promise<Stand> {
  const kube = keep(await startKube());
  const sink = keep(await startSink({ name: 'store' }));
  putPod(kube, [SIDECAR, store(sink, container)], metadata);
  const router = keep(
    await startTestRouter({ 'p.yaml': chain('p').replace('{ name: p }', '{ name: p, namespace: flights }') }),
  );
  const sidecar = await sidecarIn(kube, router);
  return { kube, router, sink, sidecar, offered: () => namesOf(sidecar) };
}

const namesOf = async (sidecar: TestSidecar): Promise<string[]> =>
  (await servicesOf(sidecar)).filter(({ withheld }) => withheld === null).map(({ name }) => name);

interface Shown {
  readonly name: string;
  readonly withheld: string | null;
  readonly descriptorHash: string;
}
const servicesOf = async (sidecar: TestSidecar): Promise<Shown[]> =>
  (await sidecar.statusz()).services as unknown as Shown[];
const offers = (sidecar: TestSidecar, ...names: string[]): Promise<unknown> =>
  waitFor(async () => JSON.stringify(await namesOf(sidecar)) === JSON.stringify(names), {
    what: `${names.join()} on offer`,
  });
const atRouter = ({ router }: Pick<Stand, 'router'>) =>
  (router.router.status.statusz() as { sidecars: Record<string, unknown>[] }).sidecars[0];
const eventsOf = (kube: KubeServer, reason: string): Event[] =>
  kube.all<Event>(EVENTS).filter((event) => event.reason === reason);

describe('a sidecar that follows its pod', () => {
  it('looks at the ports that the pod declares, and names services by them', async () => {
    const { kube, sidecar, sink } = await stand();
    await offers(sidecar, 'store');
    const looked = async (): Promise<string> => {
      const { discovery } = (await sidecar.statusz()) as unknown as {
        discovery: { ports: { port: number }[] };
      };
      return discovery.ports.map(({ port }) => port).join();
    };
    await waitFor(async () => (await looked()) === String(sink.port), { what: 'the range to be left alone' });
    putPod(kube, [SIDECAR, store(sink, { ports: [{ containerPort: sink.port, name: 'mask-pii' }] })]);
    await offers(sidecar, 'mask-pii');
  });

  it('scans the range while none of the declared ports is a stage', async () => {
    const kube = keep(await startKube());
    const sink = keep(await startSink({ name: 'store' }));
    putPod(kube, [SIDECAR, { name: 'web', ports: [{ containerPort: 9 }] }]);
    const port = String(sink.port);
    const router = { address: '127.0.0.1:9' };
    const sidecar = await sidecarIn(kube, router, { DISCOVERY_START_PORT: port, DISCOVERY_END_PORT: port });
    await offers(sidecar, 'sink');
  });

  it('offers a service when its container is ready, and no longer than that', async () => {
    const { kube, sidecar, sink, offered, router } = await stand({ probed: true, ready: false });
    await waitFor(async () => (await servicesOf(sidecar)).some(({ name }) => name === 'store'));
    assert.deepEqual(await offered(), []);
    assert.match((await servicesOf(sidecar))[0]!.withheld!, /container store is not ready/);
    assert.equal(await sidecar.metric('conveyor_sidecar_withheld_services'), 1);
    assert.ok(sidecar.log.some(({ message }) => message === 'service held back'));

    putPod(kube, [SIDECAR, store(sink, { probed: true, ready: true })]);
    await offers(sidecar, 'store');
    assert.equal(await sidecar.metric('conveyor_sidecar_withheld_services'), 0);
    await waitFor(
      async () => (await sidecar.statusz()).routes[0]?.stages.some(({ local }) => local !== null),
      {
        what: 'the route to the local sink',
      },
    );

    putPod(kube, [SIDECAR, store(sink, { probed: true, ready: false })]);
    await offers(sidecar);
    await waitFor(() => JSON.stringify(atRouter({ router })).includes('"services":[]'), {
      what: () => `the router to hear of it: ${JSON.stringify(atRouter({ router }))}`,
    });
  });

  it('takes services of a container that crashes out at once, and back with the contract of the next run', async () => {
    const { kube, sidecar, sink, offered } = await stand();
    await offers(sidecar, 'store');
    const [before] = await servicesOf(sidecar);
    const crashed = { state: { terminated: { exitCode: 1 } }, ready: false };
    putPod(kube, [SIDECAR, store(sink, crashed)]);
    await waitFor(async () => (await offered()).length === 0);
    assert.equal((await sidecar.page('/readyz')).status, 200);

    await sink.stop();
    keep(await startTransform({ name: 'store', port: sink.port }));
    putPod(kube, [SIDECAR, store(sink, { restarts: 1, state: runningSince(9) })]);
    await offers(sidecar, 'store');
    const [after] = await servicesOf(sidecar);
    assert.notEqual(after!.descriptorHash, before!.descriptorHash);
    assert.ok(
      !sidecar.log.some(({ message }) => message === 'leaving'),
      'a restart is not the end of the pod',
    );
  });

  it('says on the pod when the next run of a container has another contract', async () => {
    const { kube, sidecar, sink } = await stand();
    await offers(sidecar, 'store');
    await sink.stop();
    const [common = '', transform = ''] = contractText('transform');
    const broken = transform.replace('string error_message = 4;', 'string error_message = 9;');
    const next = await startService({ port: sink.port, files: descriptorsOf(common, broken) });
    keep({ stop: () => next.stop() });
    putPod(kube, [SIDECAR, store(sink, { restarts: 1, state: runningSince(9) })]);
    await waitFor(() => eventsOf(kube, 'ContractMismatch').length === 1);
    const [{ note, type } = {}] = eventsOf(kube, 'ContractMismatch');
    assert.equal(type, 'Warning');
    assert.match(note ?? '', new RegExp(`^port ${sink.port}, .*error_message`));
    await offers(sidecar);
  });

  it('knows a restart of which it has seen nothing', async () => {
    const { kube, sidecar, sink } = await stand();
    await offers(sidecar, 'store');
    await kube.down();
    await sink.stop();
    keep(await startTransform({ name: 'store', port: sink.port }));
    putPod(kube, [SIDECAR, store(sink, { restarts: 3, state: runningSince(9) })]);
    await kube.up();
    await waitFor(
      async () => ((await sidecar.statusz()).services[0] as { type: string }).type === 'transform',
      {
        timeoutMs: 10_000,
      },
    );
    await offers(sidecar, 'store');
  });

  it('registers with the labels of the pod and its place, and again when they change', async () => {
    const labels = { app: 'store' };
    const ownerReferences = [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'app-7', uid: 'u', controller: true },
    ];
    const kube = keep(await startKube());
    kube.put(NODES, { metadata: { name: 'node1', labels: { 'topology.kubernetes.io/zone': 'z1' } } });
    putPod(kube, [SIDECAR], { labels, ownerReferences });
    const router = keep(await startBareRouter());
    await sidecarIn(kube, router, { SIDECAR_LABELS: 'tier=gold' });
    const known = () => router.registrations.at(-1)?.labels;
    await waitFor(() => known()?.['conveyor.etl/zone'] === 'z1', { what: () => JSON.stringify(known()) });
    assert.deepEqual(known(), {
      app: 'store',
      tier: 'gold',
      'conveyor.etl/node': 'node1',
      'conveyor.etl/zone': 'z1',
      'conveyor.etl/service-account': 'default',
      'conveyor.etl/owner-kind': 'ReplicaSet',
      'conveyor.etl/owner-name': 'app-7',
    });
    putPod(kube, [SIDECAR], { labels: { app: 'store', canary: 'yes' }, ownerReferences });
    await waitFor(() => known()?.['canary'] === 'yes');
  });

  it('registers once more for a label that changed, and not again after that', async () => {
    const { kube, sidecar, sink } = await stand();
    const registrations = () =>
      sidecar.metric('conveyor_sidecar_registrations_total', { outcome: 'accepted' });
    const heartbeats = () => sidecar.metric('conveyor_sidecar_heartbeats_total', { outcome: 'acknowledged' });
    const beats = async (count: number): Promise<void> => {
      const from = await heartbeats();
      await waitFor(async () => (await heartbeats()) >= from + count);
    };
    await offers(sidecar, 'store');
    await beats(2);
    const before = await registrations();
    putPod(kube, [SIDECAR, store(sink)], { labels: { canary: 'yes' } });
    await waitFor(async () => (await registrations()) === before + 1);
    await beats(3);
    assert.equal(await registrations(), before + 1);
  });

  it('writes Events on its pod: registered, assigned, drained', async () => {
    const { kube, sidecar } = await stand();
    await waitFor(
      () => eventsOf(kube, 'Registered').length === 1 && eventsOf(kube, 'PipelineAssigned').length === 1,
    );
    const [event] = eventsOf(kube, 'Registered');
    assert.deepEqual(
      [event!.regarding?.name, event!.regarding?.uid, event!.reportingController, event!.type],
      ['app-1', 'uid-1', 'conveyor.etl/sidecar', 'Normal'],
    );
    assert.match(eventsOf(kube, 'PipelineAssigned')[0]!.note ?? '', /flights\/p/);
    await sidecar.shutdown(2_000);
    assert.equal(eventsOf(kube, 'Drained').length, 1);
  });
});

describe('a sidecar without the Kubernetes API', () => {
  const degraded = async (sidecar: TestSidecar): Promise<string> => {
    await waitFor(async () => (await sidecar.page('/readyz?verbose')).body.includes('[~] kubernetes'), {
      timeoutMs: 15_000,
      what: 'the line of the degradation',
    });
    return (await sidecar.page('/readyz?verbose')).body;
  };
  // the more tries have failed, the longer the backoff: on a busy machine they are many before the test goes on
  const RECOVERY = { timeoutMs: 40_000, what: 'the own pod to be followed' };
  const said = ({ log }: TestSidecar) =>
    log.filter(({ message }) => message === 'running on the downward API and the port scan');

  /** A sidecar whose range holds a sink, and a pod that declares nothing of it. */
  async function denied(
    status: number,
    env = {},
  ): Promise<Omit<Stand, 'router'> & { router: BareRouter; allow: () => void }> {
    const kube = keep(await startKube());
    const sink = keep(await startSink({ name: 'store' }));
    putPod(kube, [SIDECAR, store(sink)]);
    const allow = kube.refuse(({ path }) =>
      path.includes('/pods') ? { status, reason: 'Forbidden', message: 'pods is forbidden' } : undefined,
    );
    const router = keep(await startBareRouter());
    const port = String(sink.port);
    const range = { DISCOVERY_START_PORT: port, DISCOVERY_END_PORT: port };
    const sidecar = await sidecarIn(kube, router, { ...range, NODE_NAME: 'node7', ...env });
    return { kube, router, sink, sidecar, offered: () => namesOf(sidecar), allow };
  }

  for (const status of [401, 403])
    it(`that refuses with ${status} runs on the scan, is ready, says so once, and recovers`, async () => {
      const { kube, sidecar, allow, router } = await denied(status);
      await offers(sidecar, 'sink');
      await waitFor(async () => (await sidecar.page('/readyz')).status === 200);
      assert.match(
        await degraded(sidecar),
        /\[~\] kubernetes degraded: .*refuses to tell of pods: .*forbidden/,
      );
      assert.equal(await sidecar.metric('conveyor_sidecar_kubernetes_state', { state: 'denied' }), 1);
      assert.deepEqual(router.registrations.at(-1)?.labels, { 'conveyor.etl/node': 'node7' });
      // a list alone names the services: that the API tells of pods is known when it has taken a watch as well
      kube.delayMs = 100;
      allow();
      const follows = () => sidecar.metric('conveyor_sidecar_kubernetes_state', { state: 'following' });
      await waitFor(async () => (await follows()) === 1, RECOVERY);
      await offers(sidecar, 'store');
      assert.equal(said(sidecar).length, 1);
      await waitFor(() => eventsOf(kube, 'Registered').length === 1, { what: 'the Event that was kept' });
      assert.match((await sidecar.page('/readyz?verbose')).body, /\[\+\] kubernetes ok/);
    });

  it('runs without a kubeconfig or token, and says so', async () => {
    const { kube, sidecar } = await denied(403, { KUBECONFIG_FILE: '/nowhere', KUBERNETES: 'on' });
    await offers(sidecar, 'sink');
    assert.match(await degraded(sidecar), /no access to the Kubernetes API/);
    assert.equal(kube.requests.length, 0);
  });

  it('that does not know the pod is a degradation too', async () => {
    const { sidecar, kube, sink } = await stand();
    await offers(sidecar, 'store');
    kube.remove(PODS, { namespace: 'flights', name: 'app-1' });
    assert.match(await degraded(sidecar), /knows no pod flights\/app-1/);
    putPod(kube, [SIDECAR, store(sink)]);
    await waitFor(async () => !(await sidecar.page('/readyz?verbose')).body.includes('[~]'));
  });

  it('that falls silent takes nothing off the offer: where services are is known still', async () => {
    const { kube, sidecar, sink } = await stand({ probed: true, ready: true });
    await offers(sidecar, 'store');
    await kube.down();
    assert.match(await degraded(sidecar), /does not answer/);
    assert.deepEqual(await namesOf(sidecar), ['store']);
    putPod(kube, [SIDECAR, store(sink, { probed: true, ready: false })]);
    await kube.up();
    await waitFor(async () => (await namesOf(sidecar)).length === 0, { timeoutMs: 15_000 });
  });

  it('is not asked for with KUBERNETES=off', async () => {
    const { kube, sidecar } = await denied(403, { KUBERNETES: 'off' });
    await offers(sidecar, 'sink');
    assert.equal(kube.requests.length, 0);
    assert.match((await sidecar.page('/readyz?verbose')).body, /\[\+\] kubernetes ok/);
    assert.equal(await sidecar.metric('conveyor_sidecar_kubernetes_state', { state: 'off' }), 1);
  });
});
