import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { controlPlaneReady, leaderPod, SYSTEM, useConveyor } from './support/conveyor.ts';
import { eventually } from './support/eventually.ts';
import { clusterFaults } from './support/faults.ts';
import { deployment, Flow, longestPause } from './support/flow.ts';
import { kubectl, rolledOut } from './support/kubectl.ts';
import { useNamespace } from './support/namespace.ts';
import { nodesReady } from './support/nodes.ts';

/** How long the API server is away. */
const OUTAGE_MS = 60_000;
/** Seconds without records that a busy machine may have; all outages are far longer. */
const PAUSE = 2;

describe('without a control plane', () => {
  useConveyor();
  const namespace = useNamespace({ 'conveyor.etl/inject': 'enabled' });
  const flow = new Flow(namespace.name);
  const faults = clusterFaults();

  before(() =>
    flow.start([
      deployment('transform', { replicas: 2 }),
      deployment('sink', { replicas: 2 }),
      deployment('source', { env: { RATE: '500', BATCH: '10' } }),
    ]),
  );

  it(
    'records flow while the router that leads is killed, and another one leads',
    { skip: faults === undefined },
    async (context) => {
      await flow.flows();
      const leader = await leaderPod();
      assert.ok(leader);
      const from = Date.now();
      await faults?.kill(SYSTEM, leader, 'router');
      const next = await eventually(async () => {
        const now = await leaderPod();
        assert.ok(now !== undefined);
        const log = await kubectl([
          'logs',
          now,
          '--namespace',
          SYSTEM,
          '--container=router',
          `--since-time=${new Date(from).toISOString()}`,
        ]);
        assert.match(log, /leading|leads/);
        return now;
      });
      const tookMs = Date.now() - from;
      await flow.flows(1_000);
      const report = await flow.report();
      context.diagnostic(
        `${leader} was killed, ${next} leads after ${tookMs} ms; ${longestPause(report, from, Date.now())} s without records at most`,
      );
      assert.equal(report.lost, 0);
      assert.ok(longestPause(report, from, Date.now()) <= PAUSE, 'records do not wait for a leader');
      // and the new one knows everybody: a stage that comes later is routed to
      await kubectl(['scale', 'deployment/transform', '--replicas=3', '--namespace', namespace.name]);
      await rolledOut('deployment/transform', namespace.name);
      await flow.flows();
    },
  );

  it(
    'records flow while the API server is away for a minute, and a pod that is deleted as it goes leaves well',
    { skip: faults === undefined },
    async (context) => {
      await flow.flows();
      const [pod] = await flow.pods('transform');
      const from = Date.now();
      const leaves = ['delete', 'pod', pod?.metadata?.name ?? '', '--wait=false'];
      await kubectl([...leaves, '--namespace', namespace.name]);
      await faults?.stop('kube-apiserver', 'KILL');
      await delay(OUTAGE_MS);
      // its start takes all of a small machine
      const until = Date.now();
      await faults?.start('kube-apiserver');
      await nodesReady(Date.now());
      await rolledOut('deployment/ledger', namespace.name);
      await eventually(controlPlaneReady, 120_000);
      await flow.flows();
      const settled = await flow.settle();
      const pause = longestPause(settled, from, until);
      context.diagnostic(
        `away for ${until - from} ms, ${pause} s without records at most: acknowledged ${settled.acknowledged}, lost ${settled.lost}, written again ${settled.repeated}`,
      );
      assert.ok(pause <= PAUSE, `${pause} s without records`);
      assert.equal(settled.repeated, 0, settled.repeatedSample.join(' '));
    },
  );
});
