import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import { firstFlights } from '../../examples/source-flights/read.ts';
import { useConveyor } from './support/conveyor.ts';
import { eventually } from './support/eventually.ts';
import { applyFolder, execIn, getObjects, kubectl, rolledOut } from './support/kubectl.ts';
import { usePrometheus } from './support/prometheus.ts';
import { tellOf } from './support/tell-of.ts';

const NAMESPACE = 'flights';
const FLIGHTS = 300_000;
/** manifests/examples/flights/pipeline.yaml. */
const MIN_DELAY_MINUTES = 15;

async function delayedFlights(): Promise<number> {
  let count = 0;
  for await (const { delay } of firstFlights(FLIGHTS)) if (delay >= MIN_DELAY_MINUTES) count++;
  return count;
}

describe('the examples', () => {
  useConveyor();
  const prometheus = usePrometheus();
  const beganAt = performance.now();

  before(() => applyFolder('overlays/kind-demo'));
  after(async () => {
    await kubectl(['delete', 'namespace', NAMESPACE, '--wait=false', '--ignore-not-found']);
  });

  it('become ready, each with a native sidecar', async (context) => {
    for (const name of ['transform-delayed', 'transform-airports', 'sink-sqlite', 'source-flights'])
      await rolledOut(`deployment/${name}`, NAMESPACE);
    context.diagnostic(`ready ${Math.round(performance.now() - beganAt)} ms after they were applied`);
    for (const { metadata, spec, status } of await getObjects<Pod>('pods', '--namespace', NAMESPACE)) {
      const sidecar = spec?.initContainers?.find(({ name }) => name === 'conveyor-sidecar');
      assert.equal(sidecar?.restartPolicy, 'Always', metadata?.name);
      assert.ok(status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'));
    }
  });

  it('bring every delayed flight to the sink, once', async () => {
    const flights = await delayedFlights();
    await eventually(async () => {
      const [sink] = await getObjects<Pod>(
        'pods',
        '--namespace',
        NAMESPACE,
        '--selector=app.kubernetes.io/name=sink-sqlite',
      );
      const where = { namespace: NAMESPACE, pod: sink?.metadata?.name ?? '', container: 'sink-sqlite' };
      const said = await execIn(where, '/nodejs/bin/node', 'examples/count.ts');
      assert.deepEqual(JSON.parse(said), { flights, repeats: 0 });
    }, 180_000).catch(async (error: unknown) => {
      throw new Error(await tellOf(NAMESPACE), { cause: error });
    });
  });

  it('are a pipeline that says it is ready', async () => {
    await kubectl([
      'wait',
      '--for=condition=Ready',
      'pipeline/delayed-flights',
      '--namespace',
      NAMESPACE,
      '--timeout=60s',
    ]);
    const shown = await kubectl(['get', 'pipelines', '--namespace', NAMESPACE]);
    assert.match(shown, /delayed-flights/);
  });

  it('are scraped by the shipped configuration', async () => {
    await eventually(async () => {
      const up = await prometheus.query(`up{job="conveyor-sidecar", namespace="${NAMESPACE}"}`);
      assert.equal(up.length, 6, 'four Deployments, six pods');
      assert.ok(up.every(({ value }) => value[1] === '1'));
      const delivered = await prometheus.query(
        `sum(conveyor_sidecar_records_total{namespace="${NAMESPACE}", state="delivered"})`,
      );
      assert.equal(Number(delivered[0]?.value[1]), await delayedFlights());
      const unaccounted = await prometheus.query(
        `max(conveyor_sidecar_unaccounted_records{namespace="${NAMESPACE}"})`,
      );
      assert.equal(unaccounted[0]?.value[1], '0');
      const router = await prometheus.query('sum(conveyor_router_pipelines{state="enabled"})');
      assert.ok(Number(router[0]?.value[1]) >= 1);
    }, 90_000);
  });

  it('pass promtool', async () => {
    await prometheus.checkRules();
    const [pod] = await getObjects<Pod>('pods', '--namespace', NAMESPACE);
    const metrics = await kubectl([
      'get',
      '--raw',
      `/api/v1/namespaces/${NAMESPACE}/pods/${pod?.metadata?.name ?? ''}:9191/proxy/metrics`,
    ]);
    assert.deepEqual(await prometheus.checkMetrics(metrics), []);
  });
});
