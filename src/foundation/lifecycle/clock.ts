import { setTimeout as delay } from 'node:timers/promises';

/** Time as a component sees it, so that a test can own it. */
export interface Clock {
  /** Milliseconds of the monotonic clock: for durations and deadlines, never for dates. */
  now(): number;
  /** Milliseconds since 1970: for what people and other machines read. */
  wallTime(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clocks. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  sleep: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
};
