import type { Clock } from '../../foundation/lifecycle/clock.ts';
import { Recent } from '../../foundation/lifecycle/recent.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import type { Registration } from './member.ts';

/** Says once that a sidecar is refused, and why, however often it tries; and how often that was, when it is taken. */
export interface Refusals {
  refused(registration: Registration, refusal: { readonly code: string; readonly reason: string }): void;
  taken(registration: Registration): void;
}

/** Sidecars that are remembered; one that was forgotten is told of again. */
const MAX_KNOWN = 1_000;

interface Refused {
  readonly code: string;
  readonly sinceMs: number;
  readonly times: number;
}

/** Nobody is refused yet. */
export function createRefusals({
  logger,
  clock,
}: {
  readonly logger: Logger;
  readonly clock: Clock;
}): Refusals {
  const known = new Recent<string, Refused>(MAX_KNOWN);
  // two that share an id are two: one of them is taken
  const keyOf = ({ sidecarId, instance, endpoint }: Registration): string =>
    JSON.stringify([sidecarId, instance, endpoint]);
  return {
    refused(registration, { code, reason }) {
      const { sidecarId: sidecar, podName: pod, endpoint } = registration;
      const key = keyOf(registration);
      const last = known.get(key);
      const { sinceMs, times } = last ?? { sinceMs: clock.now(), times: 0 };
      known.set(key, { code, sinceMs, times: times + 1 });
      const log = last?.code === code ? 'debug' : 'warn';
      logger[log]('registration refused', { sidecar, pod, endpoint, code, reason });
    },
    taken(registration) {
      const key = keyOf(registration);
      const last = known.get(key);
      if (last === undefined) return;
      known.delete(key);
      const { code, times } = last;
      const refusedForMs = Math.round(clock.now() - last.sinceMs);
      logger.info('registration taken after refusals', {
        ...{ sidecar: registration.sidecarId, pod: registration.podName },
        ...{ code, times, refusedForMs },
      });
    },
  };
}
