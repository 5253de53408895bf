import type { Clock } from '../lifecycle/clock.ts';
import type { ConveyorError } from '../errors.ts';
import type { LogFields, Logger } from './logger.ts';

/** Says once that something fails, and once that it works again. */
export interface Outage {
  failed(error: ConveyorError, fields?: LogFields): void;
  over(fields?: LogFields): void;
}

/** @param texts the two lines of the log. */
export function createOutage(
  { logger, clock }: { readonly logger: Logger; readonly clock: Clock },
  texts: { readonly failed: string; readonly over: string },
): Outage {
  let sinceMs: number | undefined;
  return {
    failed(error, fields = {}) {
      const log = sinceMs === undefined ? 'warn' : 'debug';
      sinceMs ??= clock.now();
      logger[log](texts.failed, { ...fields, error });
    },
    over(fields = {}) {
      if (sinceMs === undefined) return;
      logger.info(texts.over, { ...fields, outageMs: Math.round(clock.now() - sinceMs) });
      sinceMs = undefined;
    },
  };
}
