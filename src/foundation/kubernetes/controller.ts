import { ConveyorError } from '../errors.ts';
import { backoffMs, type BackoffOptions } from '../lifecycle/backoff.ts';
import type { Clock } from '../lifecycle/clock.ts';
import type { Component } from '../lifecycle/component.ts';
import { type Loop, startLoop } from '../lifecycle/loop.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createOutage, type Outage } from '../telemetry/outage.ts';

/** Brings what is to what should be, one key at a time. */
export interface Controller extends Component {
  /** Something about this key may have changed. Many calls before a run make one run; one during it makes another. */
  enqueue(key: string): void;
}

/** Milliseconds. */
export interface ControllerTimings {
  /** Between the runs of one key, so that a storm of events is no storm of writes. */
  readonly spacingMs: number;
  readonly backoff: Pick<BackoffOptions, 'baseMs' | 'maxMs'>;
}

/** What a controller does. */
export interface ControllerOptions {
  readonly name: string;
  /**
   * Level-based: looks at how things stand, whatever has happened. Comes again after `requeueAfterMs`; after an error,
   * with backoff. Its signal aborts when the controller stops.
   */
  readonly reconcile: (
    key: string,
    signal: AbortSignal,
  ) => Promise<{ readonly requeueAfterMs?: number } | undefined>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How many keys at a time; 1 unless told. */
  readonly concurrency?: number | undefined;
  readonly timings?: Partial<ControllerTimings> | undefined;
  readonly random?: (() => number) | undefined;
}

const TIMINGS: ControllerTimings = { spacingMs: 50, backoff: { baseMs: 200, maxMs: 60_000 } };
// nothing is due: whoever comes triggers the loop
const IDLE_MS = 3_600_000;

interface Work {
  dueMs: number;
  /** Runs until now in a row that failed. */
  attempt: number;
  endedMs: number;
  running: boolean;
  /** Nothing is left to do but to keep the distance to the next run. */
  idle: boolean;
  /** Enqueued while it ran. */
  again: boolean;
  readonly outage: Outage;
}

/** A work queue of keys with one reconcile function. Keys may be enqueued before the start. */
export function createController(options: ControllerOptions): Controller {
  const { name, reconcile, clock, concurrency = 1, random = Math.random } = options;
  const { spacingMs, backoff } = { ...TIMINGS, ...options.timings };
  const logger = options.logger.child(name);
  const works = new Map<string, Work>();
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  let loop: Loop | undefined;

  const create = (): Work => ({
    ...{ dueMs: 0, attempt: 0, endedMs: -Infinity, running: false, idle: true, again: false },
    outage: createOutage({ logger, clock }, { failed: 'reconcile failed', over: 'reconcile works' }),
  });

  const wake = (work: Work): void => {
    work.idle = false;
    work.dueMs = Math.max(clock.now(), work.endedMs + spacingMs);
  };

  const settle = (work: Work, afterMs: number | undefined): void => {
    work.endedMs = clock.now();
    work.running = false;
    if (work.again) wake(work);
    else {
      work.idle = afterMs === undefined;
      work.dueMs = work.endedMs + Math.max(spacingMs, afterMs ?? 0);
    }
    work.again = false;
  };

  const run = async (key: string, work: Work): Promise<void> => {
    work.running = true;
    try {
      const result = await reconcile(key, stopping.signal);
      work.attempt = 0;
      work.outage.over({ key });
      settle(work, result?.requeueAfterMs);
    } catch (error) {
      if (!stopping.signal.aborted) work.outage.failed(ConveyorError.from(error), { key });
      settle(work, backoffMs(work.attempt++, { ...backoff, random }));
    }
  };

  const begin = (key: string, work: Work): void => {
    const done = run(key, work).finally(() => {
      running.delete(done);
      loop?.trigger();
    });
    running.add(done);
  };

  const tick = (): Promise<number> => {
    const nowMs = clock.now();
    const waiting = [...works].filter(([, work]) => !work.running).sort(([, a], [, b]) => a.dueMs - b.dueMs);
    for (const [key, work] of waiting) {
      if (work.dueMs > nowMs) break;
      if (work.idle) works.delete(key);
      else if (running.size < concurrency) begin(key, work);
    }
    const next = waiting.find(([, work]) => work.dueMs > nowMs);
    return Promise.resolve(next === undefined ? IDLE_MS : next[1].dueMs - nowMs);
  };

  return {
    name,
    enqueue(key) {
      if (stopping.signal.aborted) return;
      const work = works.get(key) ?? create();
      works.set(key, work);
      if (work.running) work.again = true;
      else if (work.idle || work.attempt > 0 || work.dueMs > clock.now()) wake(work);
      loop?.trigger();
    },
    start() {
      loop ??= startLoop({
        clock,
        tick,
        onError(error) {
          logger.error('work queue failed', { error });
          return IDLE_MS;
        },
      });
      return Promise.resolve();
    },
    async stop(signal) {
      stopping.abort();
      await loop?.stop();
      // a run that does not heed its signal is left behind when the time is over
      const late = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      if (!signal.aborted) await Promise.race([Promise.allSettled([...running]), late]);
    },
  };
}
