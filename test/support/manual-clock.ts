import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../src/foundation/lifecycle/clock.ts';

/** A clock that stands until a test moves it. */
export interface ManualClock extends Clock {
  /** Moves on, waking every sleeper at its time. */
  advance(ms: number): Promise<void>;
  /** Jumps, as after a suspension: sleepers wake late, all at once. */
  jump(ms: number): Promise<void>;
}

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** @param startMs what `now` gives at first. */
export function manualClock(startMs = 1_000): ManualClock {
  let nowMs = startMs;
  const sleepers = new Set<Sleeper>();
  const wakeDue = async (): Promise<void> => {
    for (const sleeper of [...sleepers].filter(({ atMs }) => atMs <= nowMs)) {
      sleepers.delete(sleeper);
      sleeper.wake();
    }
    // what has been woken runs to its next sleep
    await turn();
    await turn();
  };
  return {
    now: () => nowMs,
    wallTime: () => 1_700_000_000_000 + nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper: Sleeper = { atMs: nowMs + ms, wake: resolve };
        const abort = (): void => {
          sleepers.delete(sleeper);
          reject(signal?.reason as Error);
        };
        if (signal?.aborted === true) abort();
        else sleepers.add(sleeper);
        signal?.addEventListener('abort', abort, { once: true });
      }),
    async advance(ms) {
      const endMs = nowMs + ms;
      for (;;) {
        const next = Math.min(...[...sleepers].map(({ atMs }) => atMs));
        if (next > endMs) break;
        nowMs = Math.max(nowMs, next);
        await wakeDue();
      }
      nowMs = endMs;
    },
    async jump(ms) {
      nowMs += ms;
      await wakeDue();
    },
  };
}
