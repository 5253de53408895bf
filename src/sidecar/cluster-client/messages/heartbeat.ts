import type { LocalService } from '../../../foundation/grpc/gen/conveyor/sidecar/LocalService.ts';
import type { LocalServiceHealth } from '../../../foundation/grpc/gen/conveyor/sidecar/LocalServiceHealth.ts';
import type { SidecarHeartbeatRequest } from '../../../foundation/grpc/gen/conveyor/sidecar/SidecarHeartbeatRequest.ts';
import type { LoadSource, SessionService } from '../ports.ts';
import { registeredName, registrable } from './registration.ts';

const STATUS = {
  healthy: 'HEALTH_STATUS_HEALTHY',
  degraded: 'HEALTH_STATUS_DEGRADED',
  unhealthy: 'HEALTH_STATUS_UNHEALTHY',
} as const satisfies Record<SessionService['health'], string>;

/** What a heartbeat is made of. */
export interface HeartbeatFacts {
  readonly sidecarId: string;
  readonly services: readonly SessionService[];
  readonly load: LoadSource;
}

/** What only a router with our extensions is told. */
export interface HeartbeatExtras {
  readonly registrationId: string;
  readonly draining: boolean;
  readonly assignmentVersion: number;
  /** The local services when they changed; none: unchanged. */
  readonly changedServices: LocalService[];
}

function health(service: SessionService, extensions: boolean): LocalServiceHealth {
  return {
    serviceName: registeredName(service, extensions),
    // degraded still serves: a peer that knows two states alone must not give it up
    healthy: service.health !== 'unhealthy',
    activeRequests: service.activeRequests,
    ...(extensions ? { status: STATUS[service.health], message: service.healthMessage } : {}),
  };
}

/** One heartbeat. Without `extras` it is one for a bare router: the protocol's own fields alone. */
export function heartbeatRequest(
  { sidecarId, services, load }: HeartbeatFacts,
  extras?: HeartbeatExtras,
): SidecarHeartbeatRequest {
  const extensions = extras !== undefined;
  const { cpuUsage, memoryUsage, activeRequests, queueDepth } = load.load();
  const request: SidecarHeartbeatRequest = {
    sidecarId,
    serviceHealth: registrable(services, extensions).map((service) => health(service, extensions)),
    load: { cpuUsage, memoryUsage, totalActiveRequests: activeRequests, localQueueDepth: queueDepth },
  };
  if (!extensions) return request;
  const { registrationId, draining, assignmentVersion, changedServices } = extras;
  return {
    ...request,
    registrationId,
    draining,
    assignmentVersion,
    localServices: changedServices,
    stageStats: load.stageStats(),
  };
}

/** Bounds of a period that a router names: neither a flood nor a timer that overflows. */
const MIN_INTERVAL_MS = 100;
const MAX_INTERVAL_MS = 3_600_000;

/** Ours or the router's, whichever is shorter; 0 from the router: it named none. */
export function agreedIntervalMs(oursMs: number, theirsMs: number): number {
  return theirsMs === 0 ? oursMs : Math.min(oursMs, Math.max(MIN_INTERVAL_MS, theirsMs));
}

/** How long until the next heartbeat: what the answer asks for, else the agreed period. */
export function nextIntervalMs(agreedMs: number, answeredMs: number): number {
  return answeredMs === 0 ? agreedMs : Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, answeredMs));
}
