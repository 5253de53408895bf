import { setTimeout as delay } from 'node:timers/promises';

/** How long to wait, and for what. */
export interface WaitOptions {
  /** Milliseconds until the wait is given up; 20,000 unless told: on a busy machine things take their time. */
  readonly timeoutMs?: number;
  /** Names the condition in the error, or a function that says how things stand when the time is over. */
  readonly what?: string | (() => string);
}

type Truthy<T> = Exclude<T, false | 0 | '' | null | undefined>;

/**
 * Resolves to what `check` gives as soon as that is truthy; asked every few milliseconds. Errors thrown by `check`
 * count as "not yet", and the last one is the cause when the time is over.
 */
export async function waitFor<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 20_000, what = 'the condition' }: WaitOptions = {},
): Promise<Truthy<T>> {
  const end = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value) return value as Truthy<T>;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > end) {
      const named = typeof what === 'string' ? what : what();
      throw new Error(`waited ${timeoutMs} ms for ${named} in vain`, { cause });
    }
    await delay(5);
  }
}
