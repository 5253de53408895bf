import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { findFreePorts } from '../../../src/demo/ports.ts';
import { systemClock } from '../../../src/foundation/lifecycle/clock.ts';
import type { CustomResource } from '../../../src/router/pipelines/custom-resource.ts';
import { CUSTOM_RESOURCES } from '../../../src/router/pipelines/kinds.ts';
import { formatProblem } from '../../../src/router/pipelines/problem.ts';
import type { PipelineResource } from '../../../src/router/pipelines/schema.ts';
import { CustomResourceStore } from '../../../src/router/pipelines/store-custom-resources.ts';
import { runRouter } from '../../../src/router/router.ts';
import { type KubeServer, startKube } from '../../support/kube-api.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { type LoggedLine, recordLog } from '../../support/log.ts';
import { routerConfig } from '../../support/router-config.ts';
import { waitFor } from '../../support/wait.ts';

const { Pipeline: PIPELINES, Transform: TRANSFORMS } = CUSTOM_RESOURCES;

interface Scene {
  readonly kube: KubeServer;
  readonly store: CustomResourceStore;
  readonly lines: readonly LoggedLine[];
  /** Service names by pipeline. */
  readonly services: () => Record<string, string>;
}

async function startStore(test: TestContext, objects: readonly CustomResource[] = []): Promise<Scene> {
  const kube = await startKube();
  for (const object of objects) kube.put(object.kind === 'Pipeline' ? PIPELINES : TRANSFORMS, object);
  const logger = recordLog();
  const timings = { backoff: { baseMs: 20, maxMs: 50 } };
  const store = new CustomResourceStore({ api: kube.api, clock: systemClock, logger, timings });
  test.after(async () => {
    await store.stop(AbortSignal.timeout(1_000));
    await kube.stop();
  });
  await store.start(AbortSignal.timeout(5_000));
  const services = (): Record<string, string> =>
    Object.fromEntries(
      [...store.pipelines()].map(([id, { definition }]) => [
        id,
        definition.stages.map(({ serviceName }) => serviceName).join(),
      ]),
    );
  return { kube, store, lines: logger.lines, services };
}

const object = (
  kind: string,
  name: string,
  spec: object,
  rest: Partial<CustomResource> = {},
): CustomResource => ({
  apiVersion: 'conveyor.etl/v1',
  kind,
  metadata: { name, namespace: 'shop' },
  spec,
  ...rest,
});
const CYCLE = {
  stages: [
    { id: 'in', type: 'source' },
    { id: 'a', type: 'transform' },
    { id: 'b', type: 'transform' },
  ],
  edges: [
    { from: 'in', to: 'a' },
    { from: 'a', to: 'b' },
    { from: 'b', to: 'a' },
  ],
};

describe('pipelines as custom resources', () => {
  failOnLeaks();

  it('come with the resources that they refer to, and follow each change', async (test) => {
    const { kube, store, services } = await startStore(test, [
      object('Pipeline', 'p', { source: 'in', steps: ['mask'], sink: 'out' }),
      object('Pipeline', 'q', { source: 'in', sink: 'out' }),
    ]);
    assert.deepEqual(services(), { 'shop/p': 'in,mask,out', 'shop/q': 'in,out' });
    const untouched = store.pipelines().get('shop/q');
    const keys = new Set<string>();
    store.onResources((changed) => {
      for (const key of changed) keys.add(key);
    });

    kube.put(TRANSFORMS, object('Transform', 'mask', { service: 'masker', config: { mode: 'strict' } }));
    await waitFor(() => services()['shop/p'] === 'in,masker,out');
    assert.deepEqual(store.pipelines().get('shop/p')?.definition.stages[1]?.config, { mode: 'strict' });
    assert.deepEqual([...keys].sort(), [
      'Pipeline shop/p',
      'Sink shop/out',
      'Source shop/in',
      'Transform shop/mask',
    ]);
    assert.equal(store.pipelines().get('shop/q'), untouched);

    kube.remove(TRANSFORMS, { namespace: 'shop', name: 'mask' });
    await waitFor(() => services()['shop/p'] === 'in,mask,out');
    kube.remove(PIPELINES, { namespace: 'shop', name: 'p' });
    await waitFor(() => services()['shop/p'] === undefined);
    assert.deepEqual([...store.pipelines().keys()], ['shop/q']);
  });

  it('keep running as they were when a change is broken, and hold up nobody else', async (test) => {
    const { kube, store, services, lines } = await startStore(test, [
      object('Pipeline', 'p', { source: 'in', sink: 'out' }),
    ]);
    kube.put(PIPELINES, object('Pipeline', 'p', CYCLE));
    kube.put(PIPELINES, object('Pipeline', 'q', { source: 'in', sink: 'out' }));
    await waitFor(() => services()['shop/q']);
    assert.equal(services()['shop/p'], 'in,out');
    await waitFor(() =>
      store.problems().map(formatProblem).join().startsWith('Pipeline shop/p: the edges form a cycle'),
    );
    assert.equal(lines.filter(({ message }) => message === 'custom resource problem').length, 1);

    kube.put(PIPELINES, object('Pipeline', 'p', { source: 'in', steps: ['x'], sink: 'out' }));
    await waitFor(() => services()['shop/p'] === 'in,x,out');
    await waitFor(() => store.problems().length === 0);
  });

  it('that are broken run after a failover what their status says was running', async (test) => {
    const running = { source: 'in', sink: 'out' };
    const { services } = await startStore(test, [
      object('Pipeline', 'p', CYCLE, { status: { running } }),
      object('Pipeline', 'q', CYCLE, { status: { running: CYCLE } }),
    ]);
    assert.deepEqual(services(), { 'shop/p': 'in,out' });
  });

  it('go on while the API is away, say so, and catch up', async (test) => {
    const { kube, store, services } = await startStore(test, [
      object('Pipeline', 'p', { source: 'in', sink: 'out' }),
    ]);
    await kube.down();
    await waitFor(() => store.problems().length === 4);
    assert.match(
      formatProblem(store.problems()[0]!),
      /^pipelines\.conveyor\.etl: cannot be followed: .*goes on$/,
    );
    assert.equal(services()['shop/p'], 'in,out');
    await assert.rejects(store.setEnabled('shop/p', false), { code: 'UNAVAILABLE' });
    kube.put(PIPELINES, object('Pipeline', 'p', { source: 'in', steps: ['x'], sink: 'out' }));
    await kube.up();
    await waitFor(() => services()['shop/p'] === 'in,x,out' && store.problems().length === 0);
  });

  for (const [status, mend] of [
    [403, /cannot be listed: .*not yours \(bind ClusterRole conveyor-router/],
    [404, /cannot be listed: .*not yours \(install the definitions/],
  ] as const)
    it(`that cannot be listed (${status}) keep the router from listening, and it says why and the mend`, async (test) => {
      const kube = await startKube();
      const allow = kube.refuse(({ path }) =>
        path.includes('/conveyor.etl/') ? { status, message: 'not yours' } : undefined,
      );
      const logger = recordLog();
      const stopping = new AbortController();
      const admin = await findFreePorts(1);
      const env = { KUBERNETES: 'on', KUBECONFIG_FILE: kube.kubeconfig(), ADMIN_PORT: String(admin) };
      const ended = runRouter(routerConfig(env), { logger, version: 'test' }, stopping.signal);
      test.after(async () => {
        stopping.abort();
        await ended;
        await kube.stop();
      });
      const readyz = async (): Promise<string> => {
        const response = await fetch(`http://127.0.0.1:${admin}/readyz?verbose`, {
          headers: { connection: 'close' },
        });
        return response.text();
      };
      await waitFor(async () => mend.test(await readyz()));
      const told = () =>
        logger.lines.filter(({ message }) => message.includes('before its custom resources')).length;
      await waitFor(() => told() === 4, { what: () => `a line of each kind: ${told()}` });
      allow();
      await waitFor(async () => (await readyz()).includes('listening ok'), { timeoutMs: 60_000 });
      assert.equal(told(), 4);
    });

  it('are created, updated, disabled and deleted through the API', async (test) => {
    const { kube, store, services } = await startStore(test);
    const named: PipelineResource = {
      apiVersion: 'conveyor.etl/v1',
      kind: 'Pipeline',
      metadata: { name: 'p', namespace: 'shop', labels: { team: 'x' } },
      spec: { enabled: true, ordering: 'partition', source: 'in', sink: 'out' },
    };
    const stored = (): CustomResource | undefined => kube.find(PIPELINES, { namespace: 'shop', name: 'p' });

    await store.create(named);
    assert.equal(services()['shop/p'], 'in,out');
    await assert.rejects(store.create(named), { code: 'ALREADY_EXISTS' });
    const first = store.pipelines().get('shop/p')?.version ?? 0;

    const { sink: _, source: __, ...spec } = named.spec;
    const stages = [
      { id: 'in', type: 'source' as const },
      { id: 'store', type: 'sink' as const },
    ];
    await store.update({ ...named, spec: { ...spec, stages } });
    assert.deepEqual(stored()?.spec, { ...spec, stages });
    assert.deepEqual(stored()?.metadata?.labels, { team: 'x' });
    assert.equal(services()['shop/p'], 'in,store');
    assert.ok((store.pipelines().get('shop/p')?.version ?? 0) > first);

    await store.setEnabled('shop/p', false);
    assert.equal(store.pipelines().get('shop/p')?.definition.enabled, false);
    await store.remove('shop/p');
    assert.equal(stored(), undefined);
    assert.equal(store.pipelines().size, 0);
    await assert.rejects(store.remove('shop/p'), { code: 'NOT_FOUND' });
    await assert.rejects(
      store.create({ ...named, spec: { ...spec, ...CYCLE } as PipelineResource['spec'] }),
      {
        code: 'INVALID_ARGUMENT',
        message: /cycle/,
      },
    );
  });

  it('refuse a change of what somebody else has changed meanwhile', async (test) => {
    const { kube, store } = await startStore(test, [object('Pipeline', 'p', { source: 'in', sink: 'out' })]);
    const { resource } = store.pipelines().get('shop/p')!;
    kube.lying = true;
    kube.put(PIPELINES, object('Pipeline', 'p', { source: 'other', sink: 'out' }));
    await assert.rejects(store.update(resource), { code: 'ABORTED' });
  });
});
