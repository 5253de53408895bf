import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { controlPlaneReady, useConveyor } from './support/conveyor.ts';
import { eventually } from './support/eventually.ts';
import { clusterFaults } from './support/faults.ts';
import { deployment, Flow, longestPause } from './support/flow.ts';
import { getObjects, rolledOut } from './support/kubectl.ts';
import { useNamespace } from './support/namespace.ts';
import { nodesReady } from './support/nodes.ts';

/** The control plane and DNS are on the first. */
const STAYS = 'node1';
const CRASHES = 'node2';
/** Seconds without records, at most: calls that nobody answers any more are given up. */
const PAUSE = 10;

describe('a node', { skip: clusterFaults() === undefined }, () => {
  useConveyor();
  const namespace = useNamespace({ 'conveyor.etl/inject': 'enabled' });
  const flow = new Flow(namespace.name);
  const faults = clusterFaults();
  const pinned = { spec: { nodeSelector: { 'kubernetes.io/hostname': STAYS } } };

  before(async () => {
    /** One pod on each node. */
    const spread = (app: string) => ({
      replicas: 2,
      spec: {
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: 'kubernetes.io/hostname',
            whenUnsatisfiable: 'DoNotSchedule',
            labelSelector: { matchLabels: { 'app.kubernetes.io/name': app } },
          },
        ],
      },
    });
    const workloads = [
      deployment('transform', spread('transform')),
      deployment('sink', spread('sink')),
      deployment('source', { env: { RATE: '500', BATCH: '10' }, ...pinned }),
    ];
    await flow.start(workloads, pinned);
  });

  it('may crash under load: nothing is lost, what was on its way is repeated', async (context) => {
    if ((await getObjects('nodes')).length < 2) {
      context.skip('the cluster has one node');
      return;
    }
    await flow.flows();
    const from = Date.now();
    await faults?.crash(CRASHES);
    await flow.flows(3_000);
    const until = Date.now();
    await faults?.up();
    await nodesReady(until);
    await eventually(controlPlaneReady, 120_000);
    for (const app of ['transform', 'sink']) await rolledOut(`deployment/${app}`, namespace.name);
    await flow.flows(1_000);
    const end = Date.now();
    const settled = await flow.settle();
    const pause = longestPause(settled, from, end);
    context.diagnostic(
      `${pause} s without records at most: acknowledged ${settled.acknowledged}, lost ${settled.lost}, written again ${settled.repeated}`,
    );
    assert.ok(pause <= PAUSE, `${pause} s without records`);
  });
});
