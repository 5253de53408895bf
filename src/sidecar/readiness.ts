import type { ReadinessCheck } from '../foundation/telemetry/readiness.ts';
import type { PodView } from './join-own-pod.ts';
import { isDegraded } from './own-pod/access/standing.ts';
import type { SidecarParts } from './parts.ts';

/** What readiness depends on. */
export type ReadinessParts = Pick<SidecarParts, 'clock' | 'config' | 'dataPath' | 'session' | 'pod'> & {
  readonly leaving: () => boolean;
};

/** What must hold for `/readyz`. @param startedMs of the monotonic clock. */
export function readinessChecks(parts: ReadinessParts, startedMs: number): ReadinessCheck[] {
  const { dataPath, leaving, pod } = parts;
  return [
    {
      name: 'listening',
      check: () =>
        dataPath.port > 0 ? { ok: true } : { ok: false, reason: 'the gRPC server does not listen yet' },
    },
    registeredCheck(parts, startedMs),
    {
      name: 'not leaving',
      check: () => (leaving() ? { ok: false, reason: 'the sidecar is shutting down' } : { ok: true }),
    },
    podCheck(pod),
  ];
}

function registeredCheck({ clock, config, session }: ReadinessParts, startedMs: number): ReadinessCheck {
  const { readyWithoutRouterMs: patienceMs, clusterEndpoints } = config;
  return {
    name: 'registered',
    check() {
      const isPatient = patienceMs === 'off' || clock.now() - startedMs < patienceMs;
      if (session.registered() || !isPatient) return { ok: true };
      return {
        ok: false,
        reason: `no router has taken the registration yet: ${clusterEndpoints.join(', ')}`,
      };
    },
  };
}

/** Without the API the sidecar works with less, and is ready all the same. */
function podCheck(pod: PodView): ReadinessCheck {
  return {
    name: 'kubernetes',
    check() {
      const standing = pod.standing();
      return isDegraded(standing) ? { ok: true, degraded: standing.reason } : { ok: true };
    },
  };
}
