import type { Event } from 'kubernetes-types/events/v1.d.ts';
import type { ObjectReference } from 'kubernetes-types/core/v1.d.ts';
import { randomBytes } from 'node:crypto';
import { ConveyorError, type ErrorCode } from '../errors.ts';
import { backoffMs, type BackoffOptions } from '../lifecycle/backoff.ts';
import type { Clock } from '../lifecycle/clock.ts';
import type { Component } from '../lifecycle/component.ts';
import { type Loop, startLoop } from '../lifecycle/loop.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { KubeApi } from './api.ts';
import { createOutage } from '../telemetry/outage.ts';
import { EVENTS } from './resources.ts';
import { microTime } from './time.ts';

/** Something that an operator wants to see in `kubectl describe`. */
export interface EventFact {
  readonly regarding: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  /** Short, in CamelCase, of a few fixed ones. */
  readonly reason: string;
  /** What was done, in CamelCase. */
  readonly action: string;
  readonly message: string;
}

/** Writes Events in the background. */
export interface EventRecorder extends Component {
  /** Never throws, never waits. */
  record(event: EventFact): void;
  /** How many were given up: refused, or too many at once. */
  lost(): number;
}

/** Milliseconds. */
export interface EventTimings {
  /** At most one Event of an object and a reason in so long; those between are counted in the next one's series. */
  readonly spacingMs: number;
  readonly backoff: Pick<BackoffOptions, 'baseMs' | 'maxMs'>;
}

/** Where Events are written, and by whom. */
export interface EventOptions {
  readonly api: KubeApi;
  /** For objects that have no namespace of their own. */
  readonly namespace: string;
  /** `reportingController`. */
  readonly reporter: string;
  /** `reportingInstance`: the pod's name. */
  readonly instance: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timings?: Partial<EventTimings> | undefined;
  readonly random?: (() => number) | undefined;
}

const TIMINGS: EventTimings = { spacingMs: 60_000, backoff: { baseMs: 1_000, maxMs: 60_000 } };
const IDLE_MS = 3_600_000;
// (object, reason) pairs that are remembered; more at once is a storm
const MAX_KEYS = 1_000;
// limits of events.k8s.io/v1
const MAX_NOTE = 1_024;
const MAX_WORD = 128;
// the API may take it later; anything else it will never take
const PASSING: readonly ErrorCode[] = ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED'];

interface Pending {
  fact: EventFact;
  /** Of the next Event: it is the same one however often it is tried. */
  name: string;
  /** How often since the last one that was written; 0 is nothing to write. */
  count: number;
  /** What `count` was when this name was first tried: what an Event that is there by then says at least. */
  tried: number | undefined;
  firstMs: number;
  lastMs: number;
  dueMs: number;
  attempt: number;
}

/**
 * A recorder that needs `create` on events and nothing more: a repetition is a new Event with a series, not a change
 * of the first. `stop` writes what is pending as far as the time allows.
 */
export function createEventRecorder(options: EventOptions): EventRecorder {
  const { api, clock, random = Math.random } = options;
  const { spacingMs, backoff } = { ...TIMINGS, ...options.timings };
  const logger = options.logger.child('events');
  const outage = createOutage({ logger, clock }, { failed: 'event not written', over: 'events are written' });
  const pending = new Map<string, Pending>();
  let loop: Loop | undefined;
  let lost = 0;

  const nameOf = ({ regarding }: EventFact): string =>
    `${(regarding.name ?? 'conveyor').slice(0, 200)}.${randomBytes(8).toString('hex')}`;
  const eventOf = ({ fact, name, count, firstMs, lastMs }: Pending): Event => ({
    metadata: { namespace: fact.regarding.namespace ?? options.namespace, name },
    eventTime: microTime(firstMs),
    reportingController: options.reporter,
    reportingInstance: options.instance.slice(0, MAX_WORD),
    ...{ regarding: fact.regarding, type: fact.type },
    ...{ reason: fact.reason.slice(0, MAX_WORD), action: fact.action.slice(0, MAX_WORD) },
    note: fact.message.slice(0, MAX_NOTE),
    ...(count > 1 ? { series: { count, lastObservedTime: microTime(lastMs) } } : {}),
  });

  const giveUp = (count: number): void => {
    lost += count;
  };

  const write = async (entry: Pending, signal: AbortSignal): Promise<void> => {
    const { count } = entry;
    const event = eventOf(entry);
    let written = count;
    entry.tried ??= count;
    try {
      await api.create(EVENTS, event, {}, signal);
      outage.over();
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const error = ConveyorError.from(thrown);
      const isThere = error.code === 'ALREADY_EXISTS';
      if (!isThere) outage.failed(error, { lost });
      if (PASSING.includes(error.code)) {
        entry.dueMs = clock.now() + backoffMs(entry.attempt++, { ...backoff, random });
        return;
      }
      if (isThere) written = entry.tried;
      else giveUp(count);
    }
    entry.name = nameOf(entry.fact);
    entry.tried = undefined;
    entry.count -= written;
    entry.firstMs = entry.lastMs;
    entry.attempt = 0;
    entry.dueMs = clock.now() + spacingMs;
  };

  const flush = async (signal: AbortSignal): Promise<number> => {
    for (const [key, entry] of pending) {
      if (entry.dueMs > clock.now()) continue;
      if (entry.count === 0) pending.delete(key);
      else await write(entry, signal);
    }
    const next = Math.min(...[...pending.values()].map(({ dueMs }) => dueMs));
    return Math.min(IDLE_MS, Math.max(0, next - clock.now()));
  };

  return {
    name: 'events',
    lost: () => lost,
    record(fact) {
      const { kind, namespace, name, uid } = fact.regarding;
      const key = JSON.stringify([kind, namespace, name, uid, fact.type, fact.reason]);
      const entry = pending.get(key);
      const nowMs = clock.wallTime();
      if (entry !== undefined) {
        if (entry.count === 0) entry.firstMs = nowMs;
        Object.assign(entry, { fact, count: entry.count + 1, lastMs: nowMs });
      } else if (pending.size >= MAX_KEYS) giveUp(1);
      else
        pending.set(key, {
          ...{ fact, name: nameOf(fact), count: 1, firstMs: nowMs, lastMs: nowMs },
          ...{ dueMs: clock.now(), attempt: 0, tried: undefined },
        });
      loop?.trigger();
    },
    start() {
      loop ??= startLoop({
        clock,
        tick: flush,
        onError(error) {
          logger.error('events failed', { error });
          return IDLE_MS;
        },
      });
      return Promise.resolve();
    },
    async stop(signal) {
      await loop?.stop();
      let reachable = true;
      for (const entry of pending.values()) {
        while (entry.count > 0 && reachable && !signal.aborted) {
          const before = entry.count;
          await write(entry, signal).catch(() => undefined);
          // one that was not written is reason enough not to wait for the others
          reachable = entry.count < before;
        }
        giveUp(entry.count);
      }
      pending.clear();
    },
  };
}
