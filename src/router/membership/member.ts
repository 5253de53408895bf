/** What a service does, as its sidecar says. */
type ServiceType = 'source' | 'transform' | 'sink' | 'unspecified';

/** A service in a sidecar's pod. Zero and '' mean: not stated. */
export interface Service {
  readonly name: string;
  readonly type: ServiceType;
  /** Reachable from its own sidecar only; '' for a source without a server. */
  readonly endpoint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly protoService: string;
  readonly maxBatchSize: number;
  readonly maxConcurrentBatches: number;
  readonly descriptorHash: string;
}

/** The pod that a caller's token is bound to, as the cluster says. */
export interface PodIdentity {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
}

/** What a sidecar says of itself when it registers. */
export interface Registration {
  readonly sidecarId: string;
  readonly podName: string;
  readonly namespace: string;
  /** Where other sidecars reach it. */
  readonly endpoint: string;
  readonly services: readonly Service[];
  readonly labels: Readonly<Record<string, string>>;
  readonly version: string;
  /** New at every start; '' from a sidecar without our extensions. */
  readonly instance: string;
  /** It has routes that it keeps while the router settles. */
  readonly routesHeld: boolean;
  /** Proven by its token; undefined: it showed none. */
  readonly identity?: PodIdentity | undefined;
}

/** Who a call is about, and who makes it. */
export interface Who {
  readonly sidecarId: string;
  /** '' from a sidecar without our extensions. */
  readonly registrationId: string;
  readonly identity?: PodIdentity | undefined;
}

/** Health of one service. Degraded is not unhealthy. */
interface ServiceHealth {
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  readonly activeRequests: number;
  readonly message: string;
}

/** How busy a sidecar is; shares from 0 to 1. */
export interface Load {
  readonly cpuUsage: number;
  readonly memoryUsage: number;
  readonly activeRequests: number;
  readonly queueDepth: number;
}

/** Totals of one stage in one sidecar since it started. */
interface StageTotals {
  readonly pipelineId: string;
  readonly stageId: string;
  readonly records: number;
  readonly buffered: number;
  readonly errors: number;
  readonly latencyMs: number;
}

/** What a heartbeat says. */
export interface Heartbeat extends Who {
  readonly draining: boolean;
  /** The highest version that it has applied. */
  readonly assignmentVersion: number;
  /** Empty: they did not change. */
  readonly services: readonly Service[];
  readonly health: ReadonlyMap<string, ServiceHealth>;
  readonly load: Load;
  readonly stageTotals: readonly StageTotals[];
}

/** A sidecar that is registered, as it last said. */
export interface Member extends Registration {
  readonly registrationId: string;
  /** On the router's running time. */
  readonly renewedAtMs: number;
  readonly draining: boolean;
  readonly assignmentVersion: number;
  readonly health: ReadonlyMap<string, ServiceHealth>;
  readonly load: Load;
  readonly stageTotals: readonly StageTotals[];
}
