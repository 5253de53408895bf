import type { Clock } from '../../foundation/lifecycle/clock.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import type { RouterCredentials } from './link/credentials.ts';
import type { ClusterClientMetrics } from './metrics.ts';
import type { LoadSource, LocalServices, Routes } from './ports.ts';

/** Who this sidecar is, as the router sees it. */
export interface SidecarIdentity {
  readonly sidecarId: string;
  readonly podName: string;
  readonly namespace: string;
  /** May be a getter: another object than before is a change, and is registered. */
  readonly labels: Readonly<Record<string, string>>;
  /** Version of this program. */
  readonly version: string;
  /** New at every start of the process (semantics.md, Identity). */
  readonly instance: string;
}

/** Where other sidecars reach this one. */
interface AdvertisedAddress {
  /** Without it the local end of the connection to the router is advertised. */
  readonly podIp?: string;
  /** The port of the data plane; asked at each registration. */
  readonly port: () => number;
}

/** What is worth telling beyond the log: each once, however often it is tried. */
export type SessionNotice =
  | { readonly kind: 'registered'; readonly address: string }
  | { readonly kind: 'out-of-reach'; readonly address: string; readonly reason: string }
  | { readonly kind: 'assigned' | 'revoked'; readonly pipelines: readonly string[] };

/** Times of the session, in milliseconds. */
export interface SessionTimings {
  /** Period of the heartbeats; the router may ask for a shorter one. */
  readonly heartbeatIntervalMs: number;
  /** Period of the registrations at a router without our extensions. */
  readonly reregisterIntervalMs: number;
  /** Deadline of a dial with its registration, and of every other unary call. */
  readonly callTimeoutMs: number;
  /** First step of the backoff between dials and between watches. */
  readonly backoffBaseMs: number;
  /** Cap of the backoff; between dials the heartbeat interval caps it too. */
  readonly backoffMaxMs: number;
  /** Cap of the backoff between dials of a sidecar that holds no routes: nothing flows before a router answers. */
  readonly emptyBackoffMaxMs: number;
  /** Age at which a watch is replaced, so that one that is dead without a sign does not stay. */
  readonly watchMaxAgeMs: number;
  /** Silence on the connection after which it is pinged. */
  readonly keepaliveMs: number;
  /** How long a ping may stay without an answer. */
  readonly keepaliveTimeoutMs: number;
}

/** The times unless told otherwise. */
export const DEFAULT_TIMINGS: SessionTimings = Object.freeze({
  heartbeatIntervalMs: 5_000,
  reregisterIntervalMs: 15_000,
  callTimeoutMs: 5_000,
  backoffBaseMs: 200,
  backoffMaxMs: 10_000,
  emptyBackoffMaxMs: 2_000,
  watchMaxAgeMs: 300_000,
  keepaliveMs: 20_000,
  keepaliveTimeoutMs: 10_000,
});

/** All that a session with the router needs. */
export interface ClusterClientOptions {
  readonly identity: SidecarIdentity;
  /** `host:port` of each router, tried in turn; at least one. */
  readonly addresses: readonly string[];
  readonly credentials: RouterCredentials;
  readonly advertised: AdvertisedAddress;
  readonly services: LocalServices;
  /** Calls the listener when `identity.labels` has become another object. @returns a function that ends it. */
  readonly onRelabelled?: (listener: () => void) => () => void;
  readonly tell?: (notice: SessionNotice) => void;
  readonly routes: Routes;
  readonly load: LoadSource;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ClusterClientMetrics;
  readonly timings?: Partial<SessionTimings>;
  /** A number in [0, 1); Math.random unless a test says otherwise. */
  readonly random?: () => number;
}
