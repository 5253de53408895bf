import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { useConveyor } from './support/conveyor.ts';
import { eventually } from './support/eventually.ts';
import { appPod, Flow } from './support/flow.ts';
import { apply, kubectl, until } from './support/kubectl.ts';
import { useNamespace } from './support/namespace.ts';
import { byHand } from './support/by-hand.ts';

/** What RBAC gives the pods of a namespace, and what they then say of it. */
const CASES = {
  'no rights': { rights: [], token: true, says: /refuses to tell of pods/ },
  'no token': { rights: [], token: false, says: /no access to the Kubernetes API/ },
  'wrong rights': { rights: ['get'], token: true, says: /refuses to tell of pods/ },
} as const;

for (const [name, { rights, token, says }] of Object.entries(CASES))
  describe(`a sidecar with ${name}`, () => {
    useConveyor();
    const namespace = useNamespace();
    const flow = new Flow(namespace.name);
    const verbose = (): Promise<string> =>
      kubectl([
        'get',
        '--raw',
        `/api/v1/namespaces/${namespace.name}/pods/transform:9191/proxy/readyz?verbose`,
      ]);
    const grant = (verbs: readonly string[]): Promise<void> =>
      apply(
        [
          {
            apiVersion: 'rbac.authorization.k8s.io/v1',
            kind: 'Role',
            metadata: { name: 'sidecar' },
            ...{ rules: [{ apiGroups: [''], resources: ['pods'], verbs }] },
          },
          {
            apiVersion: 'rbac.authorization.k8s.io/v1',
            kind: 'RoleBinding',
            metadata: { name: 'sidecar' },
            ...{
              roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'sidecar' },
              subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: namespace.name }],
            },
          },
        ],
        namespace.name,
      );

    before(async () => {
      if (rights.length > 0) await grant(rights);
      await flow.start([]);
      const pods = ['transform', 'sink', 'source'].map((app) =>
        byHand(appPod(app, { env: { RATE: '200' } }), token),
      );
      await apply(pods, namespace.name);
      for (const app of ['transform', 'sink', 'source'])
        await until('condition=Ready', { namespace: namespace.name, of: `pod/${app}` });
    });

    it('runs, and says why it knows less', async () => {
      await flow.flows();
      await eventually(async () => assert.match(await verbose(), says));
    });

    it('recovers by itself when it may', { skip: !token }, async () => {
      await grant(['get', 'list', 'watch']);
      await eventually(async () => assert.doesNotMatch(await verbose(), says), 120_000);
    });
  });
