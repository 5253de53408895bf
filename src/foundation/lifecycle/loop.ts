import { ConveyorError } from '../errors.ts';
import type { Clock } from './clock.ts';

/** A background loop that never overlaps itself. */
export interface Loop {
  /** Ends the wait: the next tick starts now, or right after the one that runs. Several calls make one tick. */
  trigger(): void;
  /** Resolves when no tick runs any more. Idempotent. */
  stop(): Promise<void>;
}

/** What a loop does and how long it waits. */
export interface LoopOptions {
  readonly clock: Clock;
  /** One tick. Resolves to the milliseconds until the next one. Its signal aborts when the loop is stopped. */
  readonly tick: (signal: AbortSignal) => Promise<number>;
  /** A tick that threw. Resolves to the milliseconds until the next one. */
  readonly onError: (error: ConveyorError) => number;
}

/** Runs `tick` at once and again after the time that it names, or when triggered, until stopped. */
export function startLoop({ clock, tick, onError }: LoopOptions): Loop {
  const stopping = new AbortController();
  let wake: () => void = () => undefined;
  let triggered = false;
  const stopped = (): boolean => stopping.signal.aborted;

  const wait = async (ms: number): Promise<void> => {
    const waiting = new AbortController();
    wake = () => waiting.abort();
    if (triggered) return;
    await clock.sleep(ms, waiting.signal).catch((error: unknown) => {
      if (!waiting.signal.aborted) throw error;
    });
  };
  const run = async (): Promise<void> => {
    while (!stopped()) {
      triggered = false;
      let nextMs: number;
      try {
        nextMs = await tick(stopping.signal);
      } catch (error) {
        if (stopped()) return;
        nextMs = onError(ConveyorError.from(error));
      }
      await wait(nextMs);
    }
  };
  const done = run();
  return {
    trigger() {
      triggered = true;
      wake();
    },
    stop() {
      stopping.abort();
      triggered = true;
      wake();
      return done;
    },
  };
}
