import type { Clock } from '../lifecycle/clock.ts';

/** Calls when it has not been fed in time. */
export interface Watchdog {
  /** The time begins again. @param fromMs of the monotonic clock; now unless told. */
  feed(fromMs?: number): void;
  stop(): void;
}

/** Waits from now on; calls `expired` once, after which it is stopped. */
export function startWatchdog(clock: Clock, limitMs: number, expired: () => void): Watchdog {
  const stopping = new AbortController();
  let untilMs = clock.now() + limitMs;
  const wait = async (): Promise<void> => {
    for (let leftMs = limitMs; leftMs > 0; leftMs = untilMs - clock.now())
      await clock.sleep(leftMs, stopping.signal);
    if (!stopping.signal.aborted) expired();
  };
  wait().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  return {
    feed(fromMs = clock.now()) {
      untilMs = fromMs + limitMs;
    },
    stop: () => stopping.abort(),
  };
}
