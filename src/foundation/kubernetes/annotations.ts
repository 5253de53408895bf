/**
 * Every label and annotation that the project reads or writes, and the names that several programs must agree on.
 * docs/annotations.md is generated from this file.
 */

/** One key: what it is, who sets it, what it may be and what it does. */
interface KeyDocument {
  readonly key: `conveyor.etl/${string}`;
  readonly on:
    | 'pod annotation'
    | 'pod label'
    | 'pod condition'
    | 'namespace or pod label'
    | 'registration'
    | 'secret annotation'
    | 'lease annotation';
  /** Who writes it: a user, or one of the programs. */
  readonly by: 'user' | 'injector' | 'router' | 'sidecar';
  /** Allowed values, as the page shows them. */
  readonly values: string;
  readonly description: string;
}

/** All keys as the page lists them. A pod's label wins over its namespace's. */
export const KEY_DOCUMENTS = {
  inject: {
    ...{ key: 'conveyor.etl/inject', on: 'namespace or pod label', by: 'user' },
    values: '`enabled`, `disabled`',
    description: "Whether pods get the sidecar. A pod's label wins over its namespace's.",
  },
  mode: {
    ...{ key: 'conveyor.etl/mode', on: 'pod annotation', by: 'user' },
    values: '`native`, `container`',
    description:
      'How the sidecar runs: an init container with `restartPolicy: Always`, or a plain container. Native unless told, where the API server and every node are 1.29 or later.',
  },
  readiness: {
    ...{ key: 'conveyor.etl/readiness', on: 'pod annotation', by: 'user' },
    values: '`container`, `gate`, `none`',
    description:
      "What the sidecar's readiness does to the pod's: its container is probed, a readiness gate waits for the condition `conveyor.etl/routing`, or nothing. `container` unless told.",
  },
  holdApplication: {
    ...{ key: 'conveyor.etl/hold-application', on: 'pod annotation', by: 'user' },
    values: '`enabled`, `disabled`',
    description:
      "Whether the application's containers without a `preStop` hook get one that holds them until the sidecar has drained. `enabled` unless told.",
  },
  serviceNames: {
    ...{ key: 'conveyor.etl/service-names', on: 'pod annotation', by: 'user' },
    values: '`50052=mask-pii,50053=store`',
    description: 'Names of services by port.',
  },
  discoveryPorts: {
    ...{ key: 'conveyor.etl/discovery-ports', on: 'pod annotation', by: 'user' },
    values: '`7001,7002`',
    description: "Ports to look at beside those of the pod's containers.",
  },
  image: {
    ...{ key: 'conveyor.etl/image', on: 'pod annotation', by: 'user' },
    values: 'an image',
    description: "The sidecar's image; the injector's own unless told.",
  },
  imagePullPolicy: {
    ...{ key: 'conveyor.etl/image-pull-policy', on: 'pod annotation', by: 'user' },
    values: '`Always`, `IfNotPresent`, `Never`',
    description: "When the sidecar's image is pulled.",
  },
  grpcPort: {
    ...{ key: 'conveyor.etl/grpc-port', on: 'pod annotation', by: 'user' },
    values: 'a port',
    description: 'Where the sidecar takes records; 9091 unless told.',
  },
  adminPort: {
    ...{ key: 'conveyor.etl/admin-port', on: 'pod annotation', by: 'user' },
    values: 'a port',
    description: 'Where the sidecar serves probes, hooks and metrics; 9191 unless told.',
  },
  logLevel: {
    ...{ key: 'conveyor.etl/log-level', on: 'pod annotation', by: 'user' },
    values: '`debug`, `info`, `warn`, `error`',
    description: 'How much the sidecar logs.',
  },
  shutdownGrace: {
    ...{ key: 'conveyor.etl/shutdown-grace', on: 'pod annotation', by: 'user' },
    values: 'seconds or a duration: `45`, `45s`, `2m`',
    description: "How long the sidecar may drain; the pod's grace period unless told.",
  },
  cpuRequest: {
    ...{ key: 'conveyor.etl/cpu-request', on: 'pod annotation', by: 'user' },
    values: 'a quantity',
    description: 'CPU that the sidecar asks for.',
  },
  cpuLimit: {
    ...{ key: 'conveyor.etl/cpu-limit', on: 'pod annotation', by: 'user' },
    values: 'a quantity',
    description: 'CPU that the sidecar may use.',
  },
  memoryRequest: {
    ...{ key: 'conveyor.etl/memory-request', on: 'pod annotation', by: 'user' },
    values: 'a quantity',
    description: 'Memory that the sidecar asks for.',
  },
  memoryLimit: {
    ...{ key: 'conveyor.etl/memory-limit', on: 'pod annotation', by: 'user' },
    values: 'a quantity',
    description: 'Memory that the sidecar may use.',
  },
  injected: {
    ...{ key: 'conveyor.etl/injected', on: 'pod annotation', by: 'injector' },
    values: 'version and hash',
    description: 'What was injected, for `conveyor-sidecar audit`.',
  },
  rotate: {
    ...{ key: 'conveyor.etl/rotate', on: 'secret annotation', by: 'user' },
    values: 'anything',
    description:
      'On the Secret `conveyor-ca`: a new authority, and certificates by it. The injector takes the annotation away as it begins.',
  },
  trusted: {
    ...{ key: 'conveyor.etl/trusted', on: 'lease annotation', by: 'injector' },
    values: 'a fingerprint',
    description: 'The bundle that this replica of the injector has seen in the webhook configuration.',
  },
  served: {
    ...{ key: 'conveyor.etl/served', on: 'lease annotation', by: 'injector' },
    values: 'a fingerprint',
    description: 'The certificate that this replica of the injector serves.',
  },
  leader: {
    ...{ key: 'conveyor.etl/leader', on: 'pod label', by: 'router' },
    values: '`true`',
    description: 'On the pod of the router that leads: the Service `conveyor-router` selects it.',
  },
  routing: {
    ...{ key: 'conveyor.etl/routing', on: 'pod condition', by: 'router' },
    values: '`True`, `False`',
    description: "Whether the pod's services take part in routing; usable as a readiness gate.",
  },
  node: {
    ...{ key: 'conveyor.etl/node', on: 'registration', by: 'sidecar' },
    values: 'a name',
    description: 'The node of the pod, as a label of the sidecar at the router, beside those of the pod.',
  },
  zone: {
    ...{ key: 'conveyor.etl/zone', on: 'registration', by: 'sidecar' },
    values: 'a name',
    description: 'The zone of that node, where the sidecar may read it.',
  },
  serviceAccount: {
    ...{ key: 'conveyor.etl/service-account', on: 'registration', by: 'sidecar' },
    values: 'a name',
    description: 'The service account of the pod.',
  },
  ownerKind: {
    ...{ key: 'conveyor.etl/owner-kind', on: 'registration', by: 'sidecar' },
    values: '`ReplicaSet`, `StatefulSet`, `Job`, …',
    description: 'What controls the pod.',
  },
  ownerName: {
    ...{ key: 'conveyor.etl/owner-name', on: 'registration', by: 'sidecar' },
    values: 'a name',
    description: 'The name of what controls the pod.',
  },
} as const satisfies Record<string, KeyDocument>;

type KeyDocuments = typeof KEY_DOCUMENTS;

/** The keys by name, to be used in code: `KEYS.inject` is `conveyor.etl/inject`. */
export const KEYS = Object.fromEntries(
  Object.entries(KEY_DOCUMENTS).map(([name, { key }]) => [name, key]),
) as { readonly [Name in keyof KeyDocuments]: KeyDocuments[Name]['key'] };

/** Names that manifests, injector, router and sidecar share. */
export const NAMES = {
  /** The container that is injected. */
  container: 'conveyor-sidecar',
  grpcPort: 'conveyor-grpc',
  adminPort: 'conveyor-admin',
  /** Audience of the token that a sidecar shows to the router. */
  routerAudience: 'conveyor-router',
  /** ConfigMap in every namespace with injected pods; its key `ca.crt` is the bundle. */
  caConfigMap: 'conveyor-ca',
  /** ClusterRole of what a sidecar may do in its namespace. */
  sidecarRole: 'conveyor-sidecar',
  /** `reportingComponent` of Events about pods. */
  reporter: 'conveyor.etl/sidecar',
} as const;
