import type { Resource } from './api.ts';

const core = (kind: string, plural: string, namespaced = true): Resource => ({
  ...{ group: '', version: 'v1', kind, plural, namespaced },
});

/** Pods. */
export const PODS = core('Pod', 'pods');
/** Nodes. */
export const NODES = core('Node', 'nodes', false);
/** Namespaces. */
export const NAMESPACES = core('Namespace', 'namespaces', false);
/** Secrets. */
export const SECRETS = core('Secret', 'secrets');
/** ConfigMaps. */
export const CONFIG_MAPS = core('ConfigMap', 'configmaps');
/** Events, as `kubectl describe` shows them. */
export const EVENTS: Resource = {
  ...{ group: 'events.k8s.io', version: 'v1', kind: 'Event', plural: 'events', namespaced: true },
};
/** Leases, by which leaders are elected. */
export const LEASES: Resource = {
  ...{ group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases', namespaced: true },
};
/** RoleBindings. */
export const ROLE_BINDINGS: Resource = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  namespaced: true,
};
/** Whose a token is. */
export const TOKEN_REVIEWS: Resource = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  namespaced: false,
};
/** What somebody may do. */
export const SUBJECT_ACCESS_REVIEWS: Resource = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  namespaced: false,
};
/** Configurations of mutating webhooks. */
export const MUTATING_WEBHOOKS: Resource = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  namespaced: false,
};
