import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import type { KubeObject } from '../../src/foundation/kubernetes/api.ts';
import { useConveyor } from './support/conveyor.ts';
import { eventually } from './support/eventually.ts';
import { clusterFaults } from './support/faults.ts';
import { deployment, Flow, type Report } from './support/flow.ts';
import { apply, kubectl, rolledOut, until } from './support/kubectl.ts';
import { useNamespace } from './support/namespace.ts';

/** One pod of each stage stays while others leave. */
const budget = (app: string): KubeObject => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: app },
  ...{ spec: { minAvailable: 1, selector: { matchLabels: { 'app.kubernetes.io/name': app } } } },
});

describe('faults under load', () => {
  useConveyor();
  const namespace = useNamespace({ 'conveyor.etl/inject': 'enabled' });
  const flow = new Flow(namespace.name);
  const faults = clusterFaults();
  const nameOf = ({ metadata }: Pod): string => metadata?.name ?? '';
  const inNamespace = ['--namespace', namespace.name];

  before(async () => {
    const options = {
      replicas: 2,
      env: { LATENCY_MS: '20' },
      annotations: { 'conveyor.etl/readiness': 'gate' },
    };
    await apply([budget('transform'), budget('sink')], namespace.name);
    await flow.start([
      deployment('transform', options),
      deployment('sink', options),
      deployment('source', { replicas: 0, env: { RATE: '500', BATCH: '10' } }),
    ]);
  });

  /** Lets records flow, has something happen, lets them flow again, and adds up. */
  async function under(
    context: { diagnostic(text: string): void },
    fault: () => Promise<void>,
  ): Promise<Report> {
    await flow.reset();
    await kubectl(['scale', 'deployment/source', '--replicas=1', ...inNamespace]);
    await flow.flows();
    const began = performance.now();
    await fault();
    const tookMs = performance.now() - began;
    await flow.flows(1_000);
    const report = await flow.settle();
    assert.ok(report.written > 1_000);
    context.diagnostic(
      `fault ${Math.round(tookMs)} ms; acknowledged ${report.acknowledged}, written ${report.written}, ` +
        `filtered ${report.filtered}, lost ${report.lost}, written again ${report.repeated}`,
    );
    return report;
  }

  for (const app of ['transform', 'sink'] as const)
    it(`loses and repeats nothing when a pod of the ${app} is deleted`, async (context) => {
      const report = await under(context, async () => {
        const [first] = await flow.pods(app);
        assert.ok(first);
        await kubectl(['delete', 'pod', nameOf(first), ...inNamespace]);
      });
      assert.equal(report.repeated, 0, report.repeatedSample.join(' '));
    });

  it('loses and repeats nothing when a pod of the transform is evicted', async (context) => {
    const report = await under(context, async () => {
      const [first] = await flow.pods('transform');
      assert.ok(first);
      const metadata = { name: nameOf(first), namespace: namespace.name };
      const path = `/api/v1/namespaces/${namespace.name}/pods/${metadata.name}/eviction`;
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata };
      await kubectl(['create', '--raw', path, '--filename=-'], { input: JSON.stringify(eviction) });
      await until('delete', { namespace: namespace.name, of: `pod/${metadata.name}` });
    });
    assert.equal(report.repeated, 0, report.repeatedSample.join(' '));
  });

  it('loses and repeats nothing when the pod of the source is deleted', async (context) => {
    let left = '';
    let deletedAt = 0;
    const report = await under(context, async () => {
      const [first] = await flow.pods('source');
      assert.ok(first);
      left = nameOf(first);
      deletedAt = Date.now();
      await kubectl(['delete', 'pod', left, ...inNamespace]);
    });
    const [, lastAt = 0] =
      Object.entries(report.lastAcknowledgedAt).find(([source]) => source.includes(left)) ?? [];
    context.diagnostic(`last acknowledgement ${lastAt - deletedAt} ms after the deletion`);
    assert.equal(Object.keys(report.pushed).length, 2, 'both pods of the source ended well');
    assert.equal(report.repeated, 0, report.repeatedSample.join(' '));
  });

  it('loses and repeats nothing when every Deployment is rolled out anew', async (context) => {
    const report = await under(context, async () => {
      await kubectl([
        'rollout',
        'restart',
        'deployment/source',
        'deployment/transform',
        'deployment/sink',
        ...inNamespace,
      ]);
      for (const app of ['source', 'transform', 'sink'])
        await rolledOut(`deployment/${app}`, namespace.name, 180);
    });
    assert.equal(report.repeated, 0, report.repeatedSample.join(' '));
  });

  it('loses and repeats nothing when a rollout overtakes another', async (context) => {
    const restart = ['rollout', 'restart', 'deployment/transform', 'deployment/sink', ...inNamespace];
    const report = await under(context, async () => {
      const before = (await flow.pods('transform')).map(nameOf);
      await kubectl(restart);
      // the first one is half way: a pod of the new revision takes part, one of the old still does
      await eventually(async () => {
        const now = await flow.pods('transform');
        const isReady = ({ status }: Pod): boolean =>
          status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
        assert.ok(now.some((each) => !before.includes(nameOf(each)) && isReady(each)));
        assert.ok(now.some((each) => before.includes(nameOf(each))));
      });
      await kubectl(restart);
      for (const app of ['transform', 'sink']) await rolledOut(`deployment/${app}`, namespace.name, 180);
    });
    assert.equal(report.repeated, 0, report.repeatedSample.join(' '));
  });

  it('loses and repeats nothing when a node is drained', async (context) => {
    const [ledger] = await flow.pods('ledger');
    const nodes = (await kubectl(['get', 'nodes', '--output=name'])).trim().split('\n');
    // the ground truth stays where it is
    const node = nodes.find((name) => name !== `node/${ledger?.spec?.nodeName ?? ''}`);
    if (node === undefined) {
      context.skip('the cluster has one node');
      return;
    }
    try {
      const report = await under(context, async () => {
        const drain = ['drain', node, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=180s'];
        await kubectl(drain, { timeoutMs: 200_000 });
        for (const app of ['source', 'transform', 'sink'])
          await rolledOut(`deployment/${app}`, namespace.name, 180);
      });
      assert.equal(report.repeated, 0, report.repeatedSample.join(' '));
    } finally {
      await kubectl(['uncordon', node]);
    }
  });

  for (const [app, container] of [
    ['transform', 'conveyor-sidecar'],
    ['transform', 'transform'],
    ['sink', 'conveyor-sidecar'],
    ['sink', 'sink'],
    ['source', 'conveyor-sidecar'],
  ] as const)
    it(
      `loses nothing when ${container} of the ${app}'s pod is killed`,
      { skip: faults === undefined },
      async (context) => {
        await under(context, async () => {
          const [first] = await flow.pods(app);
          assert.ok(first);
          await faults?.kill(namespace.name, nameOf(first), container);
          await eventually(async () => {
            const again = (await flow.pods(app)).find((each) => nameOf(each) === nameOf(first));
            const statuses = [
              ...(again?.status?.containerStatuses ?? []),
              ...(again?.status?.initContainerStatuses ?? []),
            ];
            const status = statuses.find(({ name }) => name === container);
            assert.ok((status?.restartCount ?? 0) > 0 && status?.ready === true, 'it is back');
          });
        });
      },
    );
});
