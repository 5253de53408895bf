import { ConveyorError, type ErrorCode } from '../errors.ts';
import { backoffMs, type BackoffOptions, jittered } from '../lifecycle/backoff.ts';
import type { Clock } from '../lifecycle/clock.ts';
import type { Component } from '../lifecycle/component.ts';
import { type Loop, startLoop } from '../lifecycle/loop.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { KubeApi, KubeObject, Resource, Selection } from './api.ts';
import { createHolding } from './holding.ts';
import { createOutage } from '../telemetry/outage.ts';
import { startWatchdog } from './watchdog.ts';

/** How the API answers a follower: `sinceMs` is of the monotonic clock. */
export type FollowState =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string; readonly code: ErrorCode; readonly sinceMs: number };

/** A set of objects as the API has it, a moment ago at most while `state().ok`. */
export interface Follower<T extends KubeObject> extends Component {
  /** By `<namespace>/<name>`, or `<name>`. A live view; an object in it is replaced, never changed. */
  items(): ReadonlyMap<string, T>;
  /** Whether a list has been taken since the start: until then no items means nothing. */
  readonly synced: boolean;
  state(): FollowState;
  /**
   * Hears of each change of items, by their keys, and of each change of `state` or `synced`, with no keys. Returns what
   * ends it.
   */
  onChange(listener: (keys: readonly string[]) => void): () => void;
}

/** Milliseconds. */
export interface FollowTimings {
  /** The server is asked to end a watch after this time, give or take a third. */
  readonly watchMs: number;
  /** A watch without a byte for so long is taken for dead; bookmarks come every minute. */
  readonly idleMs: number;
  /** At the end of a watch, a list is taken when the last one is older than this: events may have been lost. */
  readonly resyncMs: number;
  /** A watch that breaks earlier than this counts as a failed try. */
  readonly steadyMs: number;
  readonly backoff: Pick<BackoffOptions, 'baseMs' | 'maxMs'>;
}

const TIMINGS: FollowTimings = {
  watchMs: 360_000,
  idleMs: 150_000,
  resyncMs: 600_000,
  steadyMs: 5_000,
  backoff: { baseMs: 500, maxMs: 30_000 },
};

/** What to follow, and with what. */
export interface FollowOptions {
  readonly api: KubeApi;
  readonly resource: Resource;
  readonly selection: Selection;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timings?: Partial<FollowTimings> | undefined;
  readonly random?: (() => number) | undefined;
}

/**
 * Follows a set of objects by list and watch. `start` does not wait for the API. Where it cannot be reached, the last
 * items stay, `state` says why, the log has a line, and it is tried again for ever; where only watching is refused,
 * the tries are lists, so the items are fresh to half a minute.
 */
export function follow<T extends KubeObject>(options: FollowOptions): Follower<T> {
  const { api, resource, selection, clock, random = Math.random } = options;
  const timings = { ...TIMINGS, ...options.timings };
  const logger = options.logger.child(`follow-${resource.plural}`);
  const outage = createOutage(
    { logger, clock },
    { failed: 'list or watch failed', over: 'list and watch work' },
  );
  const holding = createHolding<T>(logger);
  let loop: Loop | undefined;
  let attempt = 0;
  let version: string | undefined;
  let listedAtMs = 0;
  let acceptedMs: number | undefined;
  let synced = false;
  let state: FollowState = { ok: false, reason: 'not listed yet', code: 'UNAVAILABLE', sinceMs: clock.now() };

  const become = (next: FollowState): void => {
    const same = next.ok ? state.ok : !state.ok && state.code === next.code && state.reason === next.reason;
    state = !next.ok && !state.ok ? { ...next, sinceMs: state.sinceMs } : next;
    if (!same) holding.tell([]);
  };

  const list = async (signal: AbortSignal): Promise<string> => {
    const taken = await api.list<T>(resource, selection, signal);
    listedAtMs = clock.now();
    const first = !synced;
    synced = true;
    if (!holding.replace(taken.items) && first) holding.tell([]);
    return taken.resourceVersion;
  };

  /** Until the watch ends or breaks; then `version` says where the next one begins. */
  const watch = async (from: string, signal: AbortSignal): Promise<void> => {
    const ending = new AbortController();
    const silence = startWatchdog(clock, timings.idleMs, () => ending.abort());
    const timeoutSeconds = Math.max(1, Math.round(jittered(timings.watchMs, 1 / 3, random) / 1_000));
    const both = AbortSignal.any([signal, ending.signal]);
    version = from;
    acceptedMs = undefined;
    try {
      for await (const event of api.watch<T>(
        resource,
        { ...selection, resourceVersion: from, timeoutSeconds },
        both,
      )) {
        silence.feed();
        acceptedMs ??= clock.now();
        if (event.type !== 'BOOKMARK') holding.apply(event);
        version = event.type === 'BOOKMARK' ? event.resourceVersion : event.object.metadata?.resourceVersion;
        // at once: the first event is a bookmark that says that the watch is accepted
        outage.over();
        become({ ok: true });
      }
    } catch (error) {
      // silence is no error: what has been missed comes with the next watch
      if (!ending.signal.aborted || signal.aborted) throw error;
      logger.debug('watch was silent', { idleMs: timings.idleMs });
    } finally {
      silence.stop();
    }
  };

  const failed = (error: ConveyorError): void => {
    outage.failed(error);
    become({ ok: false, reason: error.message, code: error.code, sinceMs: clock.now() });
  };
  const wait = (): number => backoffMs(attempt++, { ...timings.backoff, random });

  /** One list, where one is due, and one watch. */
  const round = async (signal: AbortSignal): Promise<number> => {
    if (clock.now() - listedAtMs >= timings.resyncMs) version = undefined;
    const from = version ?? (await list(signal));
    version = undefined;
    let error: ConveyorError | undefined;
    await watch(from, signal).catch((thrown: unknown) => {
      error = ConveyorError.from(thrown);
    });
    signal.throwIfAborted();
    const steady = acceptedMs !== undefined && clock.now() - acceptedMs >= timings.steadyMs;
    if (steady) attempt = 0;
    if (error !== undefined) {
      version = undefined;
      // what the server has taken and then broke off may work at once; the list will tell
      if (!steady && error.code !== 'OUT_OF_RANGE') failed(error);
    }
    return steady && error === undefined ? 0 : wait();
  };

  return {
    name: `follow-${resource.plural}`,
    items: () => holding.items,
    get synced() {
      return synced;
    },
    state: () => state,
    onChange: (listener) => holding.onChange(listener),
    start() {
      loop ??= startLoop({
        clock,
        tick: round,
        onError(error) {
          version = undefined;
          failed(error);
          return wait();
        },
      });
      return Promise.resolve();
    },
    async stop() {
      await loop?.stop();
    },
  };
}
