import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import { useConveyor } from './support/conveyor.ts';
import { appPod, Flow } from './support/flow.ts';
import { IMAGES } from './support/images.ts';
import { apply, until } from './support/kubectl.ts';
import { useNamespace } from './support/namespace.ts';
import { variables } from './support/pods.ts';

/** A pod as it is written today: a sidecar as a plain container, and these variables, and nothing else. */
function byHand(app: string): Pod {
  const made = appPod(app, {
    env: { CONVEYOR_ENDPOINT: '127.0.0.1:9091', RATE: '200', SOURCE_ID: 'source' },
  });
  const downward = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const [application] = made.spec?.containers ?? [];
  assert.ok(application);
  const sidecar = {
    name: 'sidecar',
    image: IMAGES.sidecar,
    ...(application.securityContext && { securityContext: application.securityContext }),
    env: [
      downward('POD_NAME', 'metadata.name'),
      downward('NAMESPACE', 'metadata.namespace'),
      ...variables({ CLUSTER_ENDPOINT: 'conveyor-router:50051' }),
    ],
  };
  return { ...made, spec: { ...made.spec, containers: [application, sidecar] } };
}

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
    await apply([byHand('transform'), byHand('sink'), byHand('source')], namespace.name);
    for (const app of ['transform', 'sink', 'source'])
      await until('condition=Ready', { namespace: namespace.name, of: `pod/${app}` });
  });

  it('run the pipeline as injected ones do', async () => {
    const { lost, repeated } = await flow.flows(1_000);
    assert.deepEqual({ lost, repeated }, { lost: 0, repeated: 0 });
  });
});
