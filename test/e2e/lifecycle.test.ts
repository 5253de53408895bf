import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import type { KubeObject } from '../../src/foundation/kubernetes/api.ts';
import { useConveyor } from './support/conveyor.ts';
import { eventually } from './support/eventually.ts';
import { clusterFaults } from './support/faults.ts';
import { appPod, deployment, Flow } from './support/flow.ts';
import { apply, getObjects, kubectl, rolledOut } from './support/kubectl.ts';
import { useNamespace } from './support/namespace.ts';

/** A condition as `status` of a Pipeline has it. */
interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** The status of the sidecar's container, wherever it stands. */
function sidecarOf({ status }: Pod) {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return all.find(({ name }) => name === 'conveyor-sidecar');
}

describe('the life of an application', () => {
  useConveyor();
  const namespace = useNamespace({ 'conveyor.etl/inject': 'enabled' });
  const flow = new Flow(namespace.name);
  const faults = clusterFaults();
  const inNamespace = ['--namespace', namespace.name];
  const condition = async (type: string): Promise<Condition> => {
    const [pipeline] = await getObjects<KubeObject & { status?: { conditions?: Condition[] } }>(
      'pipeline/numbers',
      ...inNamespace,
    );
    const found = pipeline?.status?.conditions?.find((each) => each.type === type);
    assert.ok(found, `the status has no condition ${type}`);
    return found;
  };

  before(() =>
    flow.start([
      // its container is ready long before it listens
      deployment('transform', { env: { START_AFTER_MS: '15000' } }),
      deployment('sink'),
      deployment('source', { env: { RATE: '300', BATCH: '10' } }),
    ]),
  );

  it('may begin late: the pipeline says what is missing, and runs when it is there', async () => {
    await eventually(async () => {
      const { status, reason, message } = await condition('Ready');
      assert.equal(status, 'False');
      assert.match(`${reason} ${message}`, /transform/);
    }, 14_000);
    await flow.flows();
    await eventually(async () => assert.equal((await condition('Ready')).status, 'True'));
    await kubectl(['set', 'env', 'deployment/transform', 'START_AFTER_MS=0', ...inNamespace]);
    await rolledOut('deployment/transform', namespace.name);
  });

  it(
    'may crash: it comes back by itself, and its sidecar stays',
    { skip: faults === undefined },
    async () => {
      const [pod] = await flow.pods('transform');
      assert.ok(pod?.metadata?.name);
      const name = pod.metadata.name;
      const before = sidecarOf(pod);
      for (const times of [1, 2]) {
        await faults?.kill(namespace.name, name, 'transform');
        await eventually(async () => {
          const [now] = await getObjects<Pod>('pod', name, ...inNamespace);
          const status = now?.status?.containerStatuses?.find((each) => each.name === 'transform');
          assert.ok((status?.restartCount ?? 0) >= times && status?.ready === true);
        }, 90_000);
        await flow.flows();
      }
      const [now] = await getObjects<Pod>('pod', name, ...inNamespace);
      assert.equal(now && sidecarOf(now)?.containerID, before?.containerID, 'the sidecar is the same');
      assert.equal((await flow.report()).lost, 0);
    },
  );

  it('may be rolled out with a contract that is none: that is said, and nothing is routed to it or lost', async () => {
    const args = [
      { op: 'replace', path: '/spec/template/spec/containers/0/args/0', value: 'test/e2e/apps/broken.ts' },
    ];
    await kubectl([
      'patch',
      'deployment/transform',
      '--type=json',
      `--patch=${JSON.stringify(args)}`,
      ...inNamespace,
    ]);
    await eventually(async () => {
      const events = await kubectl([
        'get',
        'events',
        ...inNamespace,
        '--field-selector=reason=ContractMismatch',
        '--output=json',
      ]);
      assert.match(events, /acme\.broken\.FilterTransform/);
    }, 90_000);
    await rolledOut('deployment/transform', namespace.name);
    await eventually(async () => assert.equal((await condition('Ready')).status, 'False'));
    await kubectl(['rollout', 'undo', 'deployment/transform', ...inNamespace]);
    await rolledOut('deployment/transform', namespace.name);
    await flow.flows();
  });

  for (const mode of ['native', 'container'])
    it(`may be that of a Job, beside a sidecar in mode ${mode}: it completes`, async () => {
      const job = `job-${mode}`;
      const { metadata, spec } = appPod('source', {
        env: { RECORDS: '2000', RATE: '2000', SOURCE_ID: 'source' },
        annotations: { 'conveyor.etl/mode': mode },
        labels: { 'app.kubernetes.io/name': job },
        spec: { restartPolicy: 'Never' },
      });
      await apply(
        [
          {
            apiVersion: 'batch/v1',
            kind: 'Job',
            metadata: { name: job },
            spec: { template: { metadata, spec } },
          } as KubeObject,
        ],
        namespace.name,
      );
      await kubectl(['wait', '--for=condition=Complete', `job/${job}`, '--timeout=120s', ...inNamespace], {
        timeoutMs: 130_000,
      });
      const report = await flow.report();
      const [source] = Object.keys(report.pushed).filter((each) => each.includes(job));
      assert.ok(source);
      assert.deepEqual(
        [report.pushed[source], report.acknowledgedBySource[source], report.lost],
        [2_000, 2_000, 0],
      );
    });

  it('leaves nothing behind that is lost', async () => {
    await flow.settle();
  });

  it('ends with a receipt: in the log, in an Event', async () => {
    const [pod] = await flow.pods('sink');
    assert.ok(pod?.metadata?.name);
    await kubectl(['delete', 'pod', pod.metadata.name, ...inNamespace]);
    await eventually(async () => {
      const events = await kubectl([
        'get',
        'events',
        ...inNamespace,
        '--field-selector=reason=Drained',
        '--output=json',
      ]);
      assert.ok(events.includes(pod.metadata?.name ?? '?'));
    });
  });
});
