import type { Clock } from '../../foundation/lifecycle/clock.ts';
import type { LogFields, Logger } from '../../foundation/telemetry/logger.ts';

/** Says once that the router is out of reach, however often it is dialled until it is back. */
export interface Outage {
  /** A dial or a connection failed. @param worth whether it is worth a line: every address has failed. */
  failed(worth: boolean, fields: LogFields): void;
  /** A router has taken us and acknowledged a heartbeat: the outage is over. */
  over(fields: LogFields): void;
  /** Milliseconds since the first failure; undefined while all is well. */
  lastsMs(): number | undefined;
}

/** The log of outages, with nothing logged yet. */
export function createOutage(logger: Logger, clock: Clock): Outage {
  let sinceMs: number | undefined;
  let said = false;
  const lastsMs = (): number | undefined =>
    sinceMs === undefined ? undefined : Math.round(clock.now() - sinceMs);
  return {
    failed(worth, fields) {
      sinceMs ??= clock.now();
      if (said || !worth) {
        logger.debug('router did not answer', fields);
        return;
      }
      said = true;
      logger.warn('router out of reach, trying on with the routes as they are', fields);
    },
    over(fields) {
      logger.info('registered with the router', { ...fields, outageMs: lastsMs() });
      sinceMs = undefined;
      said = false;
    },
    lastsMs,
  };
}
