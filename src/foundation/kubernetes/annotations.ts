/**
 * Every label and annotation that the project reads or writes, and the names that several programs must agree on.
 * docs/annotations.md is generated from this file.
 */

/** Labels and annotations that a user sets. A pod's wins over its namespace's. */
export const KEYS = {
  /** Label of a namespace or a pod: `enabled` or `disabled`. */
  inject: 'conveyor.etl/inject',
  /** Annotation: `native` (init container with restartPolicy Always) or `container`. */
  mode: 'conveyor.etl/mode',
  /** Annotation: `container`, `gate` or `none`: what the sidecar's readiness does to the pod's. */
  readiness: 'conveyor.etl/readiness',
  /** Annotation: `disabled` leaves the application's containers without a preStop hook. */
  holdApplication: 'conveyor.etl/hold-application',
  /** Annotation: names of services, `50052=mask-pii,50053=store`. */
  serviceNames: 'conveyor.etl/service-names',
  /** Annotation: ports to look at beside those of the containers, `7001,7002`. */
  discoveryPorts: 'conveyor.etl/discovery-ports',
  image: 'conveyor.etl/image',
  imagePullPolicy: 'conveyor.etl/image-pull-policy',
  grpcPort: 'conveyor.etl/grpc-port',
  adminPort: 'conveyor.etl/admin-port',
  logLevel: 'conveyor.etl/log-level',
  /** Annotation: seconds or a duration; the pod's grace unless told. */
  shutdownGrace: 'conveyor.etl/shutdown-grace',
  cpuRequest: 'conveyor.etl/cpu-request',
  cpuLimit: 'conveyor.etl/cpu-limit',
  memoryRequest: 'conveyor.etl/memory-request',
  memoryLimit: 'conveyor.etl/memory-limit',
  /** Annotation, written at injection: version and hash of what was injected, for `audit`. */
  injected: 'conveyor.etl/injected',
  /** Label, written by the router that leads on its own pod; Service `conveyor-router` selects it. */
  leader: 'conveyor.etl/leader',
  /** Pod condition, usable as a readiness gate, written by the router that leads. */
  routing: 'conveyor.etl/routing',
} as const;

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
