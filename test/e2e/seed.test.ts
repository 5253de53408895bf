import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { byHand } from './support/by-hand.ts';
import { useConveyor } from './support/conveyor.ts';
import { appPod, Flow } from './support/flow.ts';
import { apply, until } from './support/kubectl.ts';
import { useNamespace } from './support/namespace.ts';

describe('pods that are written by hand', () => {
  useConveyor();
  // nothing is injected here
  const namespace = useNamespace();
  const flow = new Flow(namespace.name);

  before(async () => {
    const router = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'conveyor-router' },
      spec: { type: 'ExternalName', externalName: 'conveyor-router.conveyor-system.svc.cluster.local' },
    };
    await apply([router], namespace.name);
    await flow.start([]);
    const pods = ['transform', 'sink', 'source'].map((app) => byHand(appPod(app, { env: { RATE: '200' } })));
    await apply(
      // in the namespace's own words, as it is used today
      JSON.parse(
        JSON.stringify(pods).replaceAll('conveyor-router.conveyor-system', 'conveyor-router'),
      ) as typeof pods,
      namespace.name,
    );
    for (const app of ['transform', 'sink', 'source'])
      await until('condition=Ready', { namespace: namespace.name, of: `pod/${app}` });
  });

  it('run the pipeline as injected ones do', async () => {
    const { lost, repeated } = await flow.flows(1_000);
    assert.deepEqual({ lost, repeated }, { lost: 0, repeated: 0 });
  });
});
