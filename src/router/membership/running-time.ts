/**
 * The time in which this process ran. A machine that was suspended, a process that was stopped or starved did not
 * hear the heartbeats of that time, so it may not count it against anyone.
 */
export interface RunningTime {
  /** Milliseconds counted so far. */
  now(): number;
  /** To be called regularly; a call that comes late counts as if it had come in time. */
  tick(): void;
}

/**
 * @param clock a clock that may jump.
 * @param maxStepMs the most that may lie between two ticks of a process that runs.
 */
export function createRunningTime(clock: { now(): number }, maxStepMs: number): RunningTime {
  let totalMs = 0;
  let lastMs = clock.now();
  return {
    now: () => totalMs,
    tick() {
      const nowMs = clock.now();
      totalMs += Math.min(maxStepMs, Math.max(0, nowMs - lastMs));
      lastMs = nowMs;
    },
  };
}
