import type { Line } from './line.ts';
import type { Deletion } from './plan.ts';

/** Counts of a pipeline's ledger that say how copies of records came to an end. */
export interface LeavingLedger {
  readonly inFlight: number;
  readonly totals: {
    readonly delivered: number;
    readonly forwarded: number;
    readonly filtered: number;
    readonly failed: number;
    readonly returned: number;
  };
}

/** The data plane, as the end of a sidecar needs it. */
export interface LeavingPlane {
  /** Copies of records on their way. */
  inFlight(): number;
  readonly peerRuns: number;
  /** Monotonic milliseconds; 0: none has called. */
  readonly lastPeerCall: number;
  /** Monotonic milliseconds at which a local source last had a stream open; -Infinity: none has had one. */
  readonly lastStream: number;
  leavePeers(): void;
  leaveSources(): void;
  /** Gives back what is in flight. */
  expire(): void;
  endStreams(): void;
  /** By pipeline. */
  report(): ReadonlyMap<string, { readonly ledger: LeavingLedger }>;
}

/** The session with the router, as the end of a sidecar needs it. */
export interface LeavingSession {
  /** Says to the router that this sidecar drains: at once, and with every heartbeat to the end. */
  setDraining(reason: string): Promise<void>;
  leave(reason: string, signal: AbortSignal): Promise<void>;
}

/** A container beside the sidecar. */
export interface LeavingContainer {
  /** A native sidecar as well: it is no part of the application that is waited for. */
  readonly sidecar: boolean;
  readonly state: 'waiting' | 'running' | 'terminated';
  /** Terminated, and nothing starts it again. */
  readonly ended: boolean;
  readonly restarts: number;
  readonly startedAt: string;
}

/** The pod, as the end of a sidecar needs it. */
export interface LeavingPod {
  /** undefined: the API does not tell. */
  facts():
    | {
        readonly native: boolean;
        readonly gracePeriodMs: number;
        readonly deletion: Deletion | undefined;
        readonly containers: ReadonlyMap<string, LeavingContainer>;
      }
    | undefined;
  onChange(listener: () => void): () => void;
}

/** A service of this pod. */
export interface HeldService {
  readonly name: string;
  readonly type: 'source' | 'transform' | 'sink';
  readonly endpoint: string;
  readonly protoService: string;
  readonly port: number;
  /** '' when nothing says whose it is. */
  readonly container: string;
}

/** The services of this pod, as the hooks of their containers need them. */
export interface HeldServices {
  found(): readonly HeldService[];
  /** Replaces what this room holds back; without `match` it holds back nothing. */
  withhold(match?: (service: HeldService) => string | undefined): void;
  /** Calls in flight at it. */
  activeRequests(service: HeldService): number;
  /** Opens a line to who listens there. */
  line(service: HeldService): Line;
  /** What is known of the ports is void: what is there is offered when a fresh probe has found it. */
  renew(ports: ReadonlySet<number>): void;
}
