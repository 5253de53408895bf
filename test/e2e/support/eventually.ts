import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks again, every half second, until a check does not throw any more, and gives what it gave.
 * @throws what the check threw last, after `withinMs`.
 */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = 60_000): Promise<T> {
  const until = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > until) throw error;
      await delay(500);
    }
  }
}
