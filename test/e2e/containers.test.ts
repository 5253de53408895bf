import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import type { KubeObject } from '../../src/foundation/kubernetes/api.ts';
import { useConveyor } from './support/conveyor.ts';
import { eventually } from './support/eventually.ts';
import { clusterFaults } from './support/faults.ts';
import { appPod, deployment, Flow } from './support/flow.ts';
import { apply, execIn, getObjects, kubectl, until } from './support/kubectl.ts';
import { useNamespace } from './support/namespace.ts';

const named = (name: string, { metadata, ...pod }: Pod): Pod => ({ ...pod, metadata: { ...metadata, name } });

/** A transform that starts late, and a sink, in one pod. */
function pair(): Pod {
  const { spec, ...pod } = appPod('transform', { env: { START_AFTER_MS: '4000' } });
  const sink = appPod('sink', { env: { PORT: '50052' }, container: { ports: [{ containerPort: 50_052 }] } });
  const containers = [...(spec?.containers ?? []), ...(sink.spec?.containers ?? [])];
  return named('pair', { ...pod, spec: { ...spec, containers } });
}

/** A transform whose readiness probe succeeds for four seconds and fails for four, and so on. */
function flapping(): Pod {
  const readinessProbe = { httpGet: { path: '/', port: 8_081 }, periodSeconds: 1, failureThreshold: 1 };
  const env = { FLAP_MS: '4000', READY_PORT: '8081' };
  return named('flapping', appPod('transform', { env, container: { readinessProbe } }));
}

/** A transform that says nowhere where it listens, and listens elsewhere in each run. */
function moving(): Pod {
  const container = { ports: [], volumeMounts: [{ name: 'kept', mountPath: '/kept' }] };
  const spec = { volumes: [{ name: 'kept', emptyDir: {} }] };
  return named('moving', appPod('transform', { env: { MOVES: '/kept/port' }, container, spec }));
}

/** By a label that no pod has at first. */
const BLUE = {
  apiVersion: 'conveyor.etl/v1',
  kind: 'Pipeline',
  metadata: { name: 'blue' },
  spec: {
    stages: [
      { id: 'nobody', type: 'source' },
      { id: 'transform', type: 'transform', selector: { service: 'transform', labels: { team: 'blue' } } },
      { id: 'sink', type: 'sink' },
    ],
    edges: [
      { from: 'nobody', to: 'transform' },
      { from: 'transform', to: 'sink' },
    ],
  },
};
const LACKS = /lacks the selector's labels/;

/** A service as `/statusz` shows it. */
interface Service {
  readonly name: string;
  readonly endpoint: string;
  /** Why it is not on offer. */
  readonly withheld: string | null;
}

describe('the containers of a pod', () => {
  useConveyor();
  const namespace = useNamespace({ 'conveyor.etl/inject': 'enabled' });
  const flow = new Flow(namespace.name);
  const faults = clusterFaults();
  const inNamespace = ['--namespace', namespace.name];
  const services = async (pod: string): Promise<readonly Service[]> => {
    const path = `/api/v1/namespaces/${namespace.name}/pods/${pod}:9191/proxy/statusz`;
    return (JSON.parse(await kubectl(['get', '--raw', path])) as { services: Service[] }).services;
  };
  /** Names of the services of a pod that are on offer. */
  const offered = async (pod: string): Promise<readonly string[]> =>
    (await services(pod))
      .filter(({ withheld }) => withheld === null)
      .map(({ name }) => name)
      .sort();

  before(async () => {
    await flow.start([]);
    const pods = { pair: pair(), flapping: flapping(), moving: moving() };
    await apply(Object.values(pods), namespace.name);
    for (const name of ['pair', 'moving'])
      await until('condition=Ready', { namespace: namespace.name, of: `pod/${name}` });
    await apply([deployment('source', { env: { RATE: '300', BATCH: '10' } })], namespace.name);
  });

  it(
    'take their own services out when they crash, and no others',
    { skip: faults === undefined },
    async () => {
      await flow.flows();
      assert.deepEqual(await offered('pair'), ['sink', 'transform']);
      await faults?.kill(namespace.name, 'pair', 'transform');
      await eventually(async () => assert.deepEqual(await offered('pair'), ['sink']), 4_000);
      await eventually(async () => assert.deepEqual(await offered('pair'), ['sink', 'transform']));
      await flow.flows();
    },
  );

  it('take their services out and bring them back as their readiness flaps', async () => {
    for (const expected of [[], ['transform'], []])
      await eventually(async () => assert.deepEqual(await offered('flapping'), expected), 15_000);
    await flow.flows();
  });

  it('are found where they listen after a restart', { skip: faults === undefined }, async () => {
    const endpoint = async (): Promise<string> => {
      const [service] = await services('moving');
      assert.ok(service?.withheld === null);
      return service.endpoint;
    };
    assert.match(await eventually(endpoint), /:50051$/);
    await faults?.kill(namespace.name, 'moving', 'transform');
    await eventually(async () => assert.match(await endpoint(), /:50052$/));
    await flow.flows();
  });

  it('are chosen by the labels that their pod has now', async () => {
    const conditions = async (): Promise<string> => {
      const [pipeline] = await getObjects<KubeObject & { status?: unknown }>('pipeline/blue', ...inNamespace);
      return JSON.stringify(pipeline?.status ?? {});
    };
    await apply([BLUE], namespace.name);
    await eventually(async () => assert.match(await conditions(), LACKS));
    await kubectl(['label', 'pod', 'pair', 'team=blue', ...inNamespace]);
    await eventually(async () => assert.doesNotMatch(await conditions(), LACKS));
    const at = { namespace: namespace.name, pod: 'pair', container: 'conveyor-sidecar' };
    assert.match(await execIn(at, 'conveyor-sidecar', 'status', '--output=json'), /"team": "blue"/);
    await kubectl(['label', 'pod', 'pair', 'team-', ...inNamespace]);
    await eventually(async () => assert.match(await conditions(), LACKS));
  });

  it('lose nothing by all that', async (context) => {
    const { acknowledged, lost, repeated } = await flow.settle();
    context.diagnostic(`acknowledged ${acknowledged}, lost ${lost}, written again ${repeated}`);
  });
});
