import { ConveyorError } from '../../foundation/errors.ts';

/** Runs work when there is room for it. */
export type Limiter = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Lets so much work run at a time, and so much wait, first come first served; what is more is refused.
 * @throws ConveyorError (from the limiter) RESOURCE_EXHAUSTED.
 */
export function createLimiter({ concurrent, waiting }: { concurrent: number; waiting: number }): Limiter {
  const queue: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= concurrent) {
      if (queue.length >= waiting)
        throw new ConveyorError('RESOURCE_EXHAUSTED', `${waiting} are waiting already`);
      // who ends hands its place on
      await new Promise<void>((resolve) => queue.push(resolve));
    } else running++;
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
