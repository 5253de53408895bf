import type { Metadata } from '@grpc/grpc-js';
import type { PipelineAssignment } from '../../foundation/grpc/gen/conveyor/sidecar/PipelineAssignment.ts';

/** How a call came. */
export interface Caller {
  readonly metadata: Metadata;
  /** By TLS. */
  readonly secure: boolean;
}

/** What a call says of the sidecar that makes it. */
export interface Claim {
  readonly sidecarId: string;
  /** A registration says these too. */
  readonly namespace?: string;
  readonly podName?: string;
}

/** The pod that a caller's token is bound to. */
export interface IdentityFacts {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
}

/** What somebody wants to do to a pipeline. */
export interface PipelineAction {
  readonly verb: 'create' | 'update' | 'delete';
  readonly namespace: string;
  readonly name: string;
}

/** Who may call. */
export interface Gate {
  /**
   * @returns the pod that the sidecar's token is bound to; undefined: it shows none and needs none.
   * @throws ConveyorError UNAUTHENTICATED, PERMISSION_DENIED; UNAVAILABLE when that cannot be found out now.
   */
  identify(caller: Caller, claim: Claim): Promise<IdentityFacts | undefined>;
  /** @throws ConveyorError as `identify` does. */
  authorize(caller: Caller, action: PipelineAction): Promise<void>;
}

/** Lets everybody in: a router without a cluster knows nobody. */
export const OPEN_GATE: Gate = {
  identify: () => Promise.resolve(undefined),
  authorize: () => Promise.resolve(),
};

/** A service, read from a request and within the limits. */
export interface ServiceFacts {
  readonly name: string;
  readonly type: 'source' | 'transform' | 'sink' | 'unspecified';
  readonly endpoint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly protoService: string;
  readonly maxBatchSize: number;
  readonly maxConcurrentBatches: number;
  readonly descriptorHash: string;
}

/** A registration, read from a request and within the limits. */
export interface RegistrationFacts {
  readonly sidecarId: string;
  readonly podName: string;
  readonly namespace: string;
  readonly endpoint: string;
  readonly services: readonly ServiceFacts[];
  readonly labels: Readonly<Record<string, string>>;
  readonly version: string;
  readonly instance: string;
  readonly routesHeld: boolean;
  readonly identity?: IdentityFacts | undefined;
}

/** Health of one service. */
export interface ServiceHealthFacts {
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  readonly activeRequests: number;
  readonly message: string;
}

/** Which registration a request is about; `registrationId` is '' from a sidecar without our extensions. */
export interface Who {
  readonly sidecarId: string;
  readonly registrationId: string;
  readonly identity?: IdentityFacts | undefined;
}

/** A heartbeat, read from a request and within the limits. */
export interface HeartbeatFacts extends Who {
  readonly draining: boolean;
  readonly assignmentVersion: number;
  readonly services: readonly ServiceFacts[];
  readonly health: ReadonlyMap<string, ServiceHealthFacts>;
  readonly load: {
    readonly cpuUsage: number;
    readonly memoryUsage: number;
    readonly activeRequests: number;
    readonly queueDepth: number;
  };
  readonly stageTotals: readonly {
    readonly pipelineId: string;
    readonly stageId: string;
    readonly records: number;
    readonly buffered: number;
    readonly errors: number;
    readonly latencyMs: number;
  }[];
}

/** The newest word on one pipeline to one registration. */
export interface Change {
  readonly pipelineId: string;
  readonly version: number;
  /** With its version; undefined: revoked. */
  readonly assignment: PipelineAssignment | undefined;
  /** Not the first word on that pipeline. */
  readonly known: boolean;
}

/** What a registration was answered. */
export type RegistrationAnswer =
  | { readonly refused: string }
  | {
      readonly refused: undefined;
      readonly registrationId: string;
      readonly assignments: readonly PipelineAssignment[];
      /** The sidecar keeps its routes: the router does not know everybody yet. */
      readonly settling: boolean;
    };

/** What a heartbeat is answered. */
export interface HeartbeatAnswer {
  readonly acknowledged: boolean;
  readonly reregister: boolean;
  /** For a sidecar that does not watch. */
  readonly changes: readonly Change[];
}

/** What is told to one registration, level by level. */
export interface Feed {
  /** Nothing is to be sent: the sidecar keeps its routes while the router settles. */
  readonly held: boolean;
  /** The whole set, and the version that it stands for. */
  whole(): { readonly assignments: readonly PipelineAssignment[]; readonly version: number };
  /** What is newer than a version, oldest first. */
  since(version: number): readonly Change[];
}

/** A stream that follows a feed. */
export interface Watcher {
  /** There may be something new in the feed. */
  notify(): void;
  /** The registration has ended, or another stream took its place. */
  close(reason: 'ended' | 'replaced' | 'stopping'): void;
}

/** What the coordinator service needs of the control plane. */
export interface Coordination {
  register(registration: RegistrationFacts): RegistrationAnswer;
  heartbeat(beat: HeartbeatFacts): HeartbeatAnswer;
  /** @returns undefined when nobody is registered so. The watcher replaces an older one. */
  watch(who: Who, watcher: Watcher): Feed | undefined;
  /** The stream has gone. */
  unwatch(who: Who, watcher: Watcher): void;
  /** @returns whether somebody was registered so. */
  deregister(who: Who, reason: string): boolean;
}
