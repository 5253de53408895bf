import type { Clock } from '../../foundation/lifecycle/clock.ts';

/** How often a phase looks whether it is done. */
const LOOK_MS = 10;

/**
 * Waits for a condition, or until a monotonic time, which may move meanwhile. Resolves to whether the condition holds.
 * @param signal ends the wait.
 */
export async function waitUntil(
  clock: Clock,
  deadlineMs: number | (() => number),
  done: () => boolean,
  signal?: AbortSignal,
): Promise<boolean> {
  const leftMs = (): number => (typeof deadlineMs === 'number' ? deadlineMs : deadlineMs()) - clock.now();
  while (!done() && leftMs() > 0 && signal?.aborted !== true)
    // it is the signal alone that cuts it short
    await clock.sleep(Math.min(LOOK_MS, leftMs()), signal).catch(() => undefined);
  return done();
}
