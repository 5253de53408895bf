import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ConfigMap, Namespace, Pod } from 'kubernetes-types/core/v1.d.ts';
import type { RoleBinding } from 'kubernetes-types/rbac/v1.d.ts';
import { KEYS } from '../../../src/foundation/kubernetes/annotations.ts';
import {
  CONFIG_MAPS,
  NAMESPACES,
  PODS,
  ROLE_BINDINGS,
} from '../../../src/foundation/kubernetes/resources.ts';
import { systemClock } from '../../../src/foundation/lifecycle/clock.ts';
import { createNamespaces, type Namespaces } from '../../../src/injector/namespaces/namespaces.ts';
import { election } from '../../support/election.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { type KubeServer, startKube } from '../../support/kube-api.ts';
import { recordLog } from '../../support/log.ts';
import { waitFor } from '../../support/wait.ts';

describe('what sidecars need in their namespaces', () => {
  let kube: KubeServer;
  let namespaces: Namespaces;
  let manifests: Namespaces;
  const vote = election();
  const log = recordLog();
  const bundle = (namespace: string): string | undefined =>
    kube.find<ConfigMap>(CONFIG_MAPS, { namespace, name: 'conveyor-ca' })?.data?.['ca.crt'];
  const binding = (namespace: string): RoleBinding | undefined =>
    kube.find<RoleBinding>(ROLE_BINDINGS, { namespace, name: 'conveyor-sidecar' });
  const granted = (namespace: string): boolean =>
    bundle(namespace) !== undefined && binding(namespace) !== undefined;
  const bare = (namespace: string): boolean =>
    bundle(namespace) === undefined && binding(namespace) === undefined;
  const put = (name: string, labels: Record<string, string> = {}): Namespace =>
    kube.put<Namespace>(NAMESPACES, { metadata: { name, labels } });
  const enabled = { [KEYS.inject]: 'enabled' };
  const pod = (namespace: string, metadata: object): Pod =>
    kube.put<Pod>(PODS, { metadata: { namespace, name: 'pod', ...metadata }, status: { phase: 'Running' } });

  before(async () => {
    kube = await startKube();
    put('labelled', enabled);
    put('plain');
    put('kube-system', enabled);
    const options = {
      api: kube.api,
      leader: vote.leader,
      systemNamespaces: ['kube-system'],
      clock: systemClock,
    };
    namespaces = createNamespaces({ ...options, manageRbac: true, logger: log, lookMs: 50 });
    manifests = createNamespaces({
      ...{ ...options, manageRbac: false, logger: log },
      leader: { leading: () => false, onChange: () => () => undefined },
    });
    await namespaces.start(new AbortController().signal);
    await manifests.start(new AbortController().signal);
    namespaces.publish('bundle 1');
  });
  after(async () => {
    await namespaces.stop(AbortSignal.timeout(2_000));
    await manifests.stop(AbortSignal.timeout(2_000));
    await kube.stop();
  });
  failOnLeaks();

  it('is made by the leader alone, where a namespace is labelled, never in those of the system', async () => {
    await waitFor(() => kube.watches() === 7);
    assert.ok(bare('labelled'));
    assert.equal(namespaces.shown(), undefined, 'who does not lead does not know');
    vote.set(true);
    await waitFor(() => granted('labelled'));
    await waitFor(() => namespaces.shown()?.join() === 'bundle 1');
    assert.ok(bare('plain') && bare('kube-system'));
    assert.deepEqual(binding('labelled')?.roleRef, {
      ...{ apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'conveyor-sidecar' },
    });
    assert.deepEqual(
      binding('labelled')?.subjects?.map(({ kind, name }) => [kind, name]),
      [['Group', 'system:serviceaccounts:labelled']],
    );
  });

  it('comes with a label, and goes with it when no injected pod is left', async () => {
    put('plain', enabled);
    await waitFor(() => granted('plain'));
    pod('plain', { annotations: { [KEYS.injected]: '{}' } });
    put('plain');
    const looks = kube.requests.length;
    await waitFor(
      () => kube.requests.slice(looks).filter(({ path }) => path.endsWith('/plain/pods')).length > 1,
    );
    assert.ok(granted('plain'), 'the pod still needs it');
    kube.remove(PODS, { namespace: 'plain', name: 'pod' });
    await waitFor(() => bare('plain'));
  });

  it('comes with a pod that is labelled, and with one that was injected on files', async () => {
    put('pods');
    pod('pods', { labels: enabled });
    await waitFor(() => granted('pods'));
    put('files');
    pod('files', { annotations: { [KEYS.injected]: '{}' } });
    await waitFor(() => granted('files'));
  });

  it('is put right when somebody changes it, and follows the bundle', async () => {
    const name = { namespace: 'labelled', name: 'conveyor-ca' };
    await kube.api.patch(CONFIG_MAPS, name, { type: 'merge', body: { data: { 'ca.crt': 'another' } } });
    await waitFor(() => bundle('labelled') === 'bundle 1');
    const there = binding('labelled');
    kube.put(ROLE_BINDINGS, { ...there, roleRef: { ...there!.roleRef, name: 'cluster-admin' } });
    await waitFor(() => binding('labelled')?.roleRef.name === 'conveyor-sidecar');
    namespaces.publish('bundle 2');
    await waitFor(() => namespaces.shown()?.every((shown) => shown === 'bundle 2'));
    assert.equal(bundle('labelled'), 'bundle 2');
    assert.equal(bundle('files'), 'bundle 2');
  });

  it('leaves alone what is not its own', async () => {
    const theirs = { metadata: { namespace: 'theirs', name: 'conveyor-ca' }, data: { 'ca.crt': 'theirs' } };
    kube.put<ConfigMap>(CONFIG_MAPS, theirs);
    put('theirs', enabled);
    await waitFor(() =>
      log.lines.some(({ fields }) => fields['namespace'] === 'theirs' && fields['name'] === 'conveyor-ca'),
    );
    await waitFor(() => binding('theirs') !== undefined);
    put('theirs');
    await waitFor(() => binding('theirs') === undefined);
    assert.equal(bundle('theirs'), 'theirs');
    assert.ok(!namespaces.shown()?.includes('theirs'), 'nobody waits for it');
  });

  it('follows no bindings where the manifests make them', () => {
    const lists = kube.requests.filter(
      ({ path, query }) => path.endsWith('/rolebindings') && !query.has('watch'),
    );
    assert.equal(lists.length, 1);
  });
});
