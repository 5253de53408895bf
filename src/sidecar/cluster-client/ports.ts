import type { PipelineAssignment__Output } from '../../foundation/grpc/gen/conveyor/sidecar/PipelineAssignment.ts';
import type { StageStats } from '../../foundation/grpc/gen/conveyor/sidecar/StageStats.ts';

/** What a service of this pod does in a pipeline. */
export type SessionServiceType = 'source' | 'transform' | 'sink';

/** What the session tells the router about one service of this pod. */
export interface SessionService {
  /** Its registered name, unique in the pod. */
  readonly name: string;
  readonly type: SessionServiceType;
  /** `host:port` as this sidecar reaches it; '' for a source without a server. */
  readonly endpoint: string;
  /** Full name of the gRPC service; '' without one. */
  readonly protoService: string;
  readonly container: string;
  readonly port: number;
  /** Records in a batch; 0 when not stated. */
  readonly maxBatchSize: number;
  /** Calls in flight; 0 when not stated. */
  readonly maxConcurrentBatches: number;
  readonly descriptorHash: string;
  readonly health: 'healthy' | 'degraded' | 'unhealthy';
  readonly healthMessage: string;
  readonly activeRequests: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** The services of this pod. */
export interface LocalServices {
  current(): readonly SessionService[];
  /** Called after every change of the services or their health; the result ends it. */
  onChange(listener: () => void): () => void;
}

/** Where assignments take effect. None of its methods may throw. */
export interface Routes {
  /**
   * The whole set that shall run now. Pipelines that are gone finish what runs first when they are named in
   * `drainFirst`. The same object as last time is an assignment that was not received anew; one that was ends a
   * drain of its pipeline (semantics.md, Drain).
   */
  assign(assignments: readonly PipelineAssignment__Output[], drainFirst: ReadonlySet<string>): void;
  /** The pipelines take nothing new and finish what runs within `timeoutMs`. No ids: all of them. */
  drain(pipelineIds: readonly string[], timeoutMs: number): void;
  /** Whether any pipeline is routed: what `routes_held` says in a registration. */
  held(): boolean;
}

/** How busy the sidecar is. */
interface SessionLoad {
  /** Share of the CPU limit, 0 to 1. */
  readonly cpuUsage: number;
  /** Share of the memory limit, 0 to 1. */
  readonly memoryUsage: number;
  readonly activeRequests: number;
  /** Records that wait. */
  readonly queueDepth: number;
}

/** Where the figures of a heartbeat come from. */
export interface LoadSource {
  load(): SessionLoad;
  /** Totals by pipeline and stage since the sidecar started. */
  stageStats(): StageStats[];
}
