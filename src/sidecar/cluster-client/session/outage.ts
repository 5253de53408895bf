import type { Clock } from '../../../foundation/lifecycle/clock.ts';
import type { LogFields, Logger } from '../../../foundation/telemetry/logger.ts';

/** What went wrong. */
interface Failure {
  /** It is worth a line: every address has failed. */
  readonly worth: boolean;
  /** A router has answered, and refused. */
  readonly answered: boolean;
}

/** Says once that no router is in reach, or that it refuses, however often it is dialled until that is over. */
export interface Outage {
  /** A dial, a registration or a connection failed. @returns whether that was news. */
  failed(how: Failure, fields: LogFields): boolean;
  /** A router has taken us and acknowledged a heartbeat: the outage is over. */
  over(fields: LogFields): void;
  /** Milliseconds since the first failure; undefined while all is well. */
  lastsMs(): number | undefined;
}

/** The log of outages, with nothing logged yet. */
export function createOutage(logger: Logger, clock: Clock): Outage {
  let sinceMs: number | undefined;
  let said: string | undefined;
  const lastsMs = (): number | undefined =>
    sinceMs === undefined ? undefined : Math.round(clock.now() - sinceMs);
  return {
    failed({ worth, answered }, fields) {
      sinceMs ??= clock.now();
      const what = answered ? 'router refuses this sidecar' : 'router out of reach';
      if (said === what || !worth) {
        logger.debug(what, fields);
        return false;
      }
      said = what;
      logger.warn(`${what}, trying on with the routes as they are`, fields);
      return true;
    },
    over(fields) {
      logger.info('registered with the router', { ...fields, outageMs: lastsMs() });
      sinceMs = undefined;
      said = undefined;
    },
    lastsMs,
  };
}
