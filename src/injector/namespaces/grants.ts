import type { ConfigMap } from 'kubernetes-types/core/v1.d.ts';
import type { RoleBinding } from 'kubernetes-types/rbac/v1.d.ts';
import { NAMES } from '../../foundation/kubernetes/annotations.ts';
import type { KubeApi, KubeObject, Resource } from '../../foundation/kubernetes/api.ts';
import type { Follower } from '../../foundation/kubernetes/follow.ts';
import { CONFIG_MAPS, ROLE_BINDINGS } from '../../foundation/kubernetes/resources.ts';
import { FIELD_MANAGER, isOurs, MANAGED } from '../ours.ts';

const RBAC = 'rbac.authorization.k8s.io';

/** An object that is kept in every namespace that asks for it. */
export interface Grant<T extends KubeObject> {
  readonly resource: Resource;
  /** Its name, the same everywhere. */
  readonly name: string;
  readonly body: (namespace: string) => T;
  /** Whether what is there says the same. */
  readonly holds: (there: T, wanted: T) => boolean;
  /** Whether what is there can become it, or has to make room. */
  readonly fits: (there: T, wanted: T) => boolean;
}

/** What all service accounts of a namespace may do there: the role of sidecars. */
export const SIDECAR_BINDING: Grant<RoleBinding> = {
  resource: ROLE_BINDINGS,
  name: NAMES.sidecarRole,
  body: (namespace) => ({
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    metadata: { namespace, name: NAMES.sidecarRole, labels: MANAGED },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: NAMES.sidecarRole },
    subjects: [{ apiGroup: RBAC, kind: 'Group', name: `system:serviceaccounts:${namespace}` }],
  }),
  holds: (there, { roleRef, subjects = [] }) =>
    same(there.roleRef, roleRef) && there.subjects?.length === 1 && same(there.subjects[0], subjects[0]),
  // the API refuses to change what a binding binds to
  fits: (there, { roleRef }) => same(there.roleRef, roleRef),
};

/** The bundle that sidecars check the router's certificate with. */
export function bundleGrant(bundle: () => string): Grant<ConfigMap> {
  return {
    resource: CONFIG_MAPS,
    name: NAMES.caConfigMap,
    body: (namespace) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace, name: NAMES.caConfigMap, labels: MANAGED },
      data: { 'ca.crt': bundle() },
    }),
    holds: (there, wanted) => there.data?.['ca.crt'] === wanted.data?.['ca.crt'],
    fits: () => true,
  };
}

/** What has come of a grant: `foreign`, an object of that name is somebody else's. */
export type Outcome = 'written' | 'removed' | 'foreign' | 'same';

/** Keeps one grant, as followed, in namespaces. */
export interface Keeper {
  /** Makes, corrects or removes it. Throws what the API throws. */
  keep(namespace: string, wanted: boolean, signal: AbortSignal): Promise<Outcome>;
  /** Whether there is one of ours. */
  has(namespace: string): boolean;
}

/** The keeper of a grant. Everything of that name is followed, so what is somebody else's is seen. */
export function createKeeper<T extends KubeObject>(
  api: KubeApi,
  grant: Grant<T>,
  there: Follower<T>,
): Keeper {
  const { resource, name } = grant;
  const find = (namespace: string): T | undefined => there.items().get(`${namespace}/${name}`);
  return {
    has(namespace) {
      const found = find(namespace);
      return found !== undefined && isOurs(found);
    },
    async keep(namespace, wanted, signal) {
      const found = find(namespace);
      if (found !== undefined && !isOurs(found)) return wanted ? 'foreign' : 'same';
      const body = grant.body(namespace);
      if (found !== undefined && (!wanted || !grant.fits(found, body)))
        await api.delete(resource, { namespace, name }, signal);
      if (!wanted) return found === undefined ? 'same' : 'removed';
      if (found !== undefined && grant.holds(found, body)) return 'same';
      const patch = { type: 'apply', body, fieldManager: FIELD_MANAGER, force: true } as const;
      await api.patch(resource, { namespace, name }, patch, {}, signal);
      return 'written';
    },
  };
}

const same = (one: object | undefined, other: object | undefined): boolean => {
  const [a, b] = [one ?? {}, other ?? {}].map((each) => Object.entries(each).sort());
  return JSON.stringify(a) === JSON.stringify(b);
};
