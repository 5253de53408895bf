import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import { ConveyorError } from '../../../foundation/errors.ts';
import { NAMES } from '../../../foundation/kubernetes/annotations.ts';
import type { KubeApi } from '../../../foundation/kubernetes/api.ts';
import { createEventRecorder, type EventRecorder } from '../../../foundation/kubernetes/events.ts';
import { follow, type Follower, type FollowTimings } from '../../../foundation/kubernetes/follow.ts';
import { PODS } from '../../../foundation/kubernetes/resources.ts';
import { backoffMs } from '../../../foundation/lifecycle/backoff.ts';
import type { Clock } from '../../../foundation/lifecycle/clock.ts';
import type { Component } from '../../../foundation/lifecycle/component.ts';
import { createListeners } from '../../../foundation/lifecycle/listeners.ts';
import { type Loop, startLoop } from '../../../foundation/lifecycle/loop.ts';
import type { Logger } from '../../../foundation/telemetry/logger.ts';
import type { Self } from '../facts/self.ts';
import type { Signs } from './standing.ts';

/** What an operator sees of the sidecar in `kubectl describe pod`. */
export interface PodEvent {
  readonly type: 'Normal' | 'Warning';
  /** In CamelCase, one of a few fixed ones. */
  readonly reason: string;
  /** In CamelCase. */
  readonly action: string;
  readonly message: string;
}

/** The API as far as it is in reach: looked for until there is access, then our pod is followed and Events are written. */
export interface Reach extends Component {
  /** Undefined before there is access. */
  api(): KubeApi | undefined;
  /** As last seen; undefined when it was not, or is gone. */
  pod(): Pod | undefined;
  signs(): Pick<Signs, 'noClient' | 'synced' | 'failure'>;
  /** Keeps the event until it can be written: the last few, where that takes long. */
  record(event: PodEvent): void;
  /** Writes, in the background, what is kept. @param uid of the pod: without it `kubectl describe` finds no Event. */
  write(uid: string): void;
  /** Called when the pod or the reach changed. */
  onChange(listener: () => void): () => void;
}

/** What the API is reached by. */
export interface ReachOptions {
  /** @throws CONFIG_INVALID without a token or kubeconfig. */
  readonly connect: () => Promise<KubeApi>;
  readonly self: Self;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timings?: Partial<FollowTimings>;
}

/** A token may appear late, but seldom does. */
const CONNECT = { baseMs: 1_000, maxMs: 30_000 };
const DONE_MS = 3_600_000;
const MAX_KEPT_EVENTS = 16;

/** The way to the API. */
export function createReach({ connect, self, clock, logger, timings = {} }: ReachOptions): Reach {
  const { namespace, podName } = self;
  const listeners = createListeners();
  const kept: PodEvent[] = [];
  let found: { api: KubeApi; follower: Follower<Pod>; events: EventRecorder } | undefined;
  let noClient: string | undefined;
  let attempt = 0;
  let loop: Loop | undefined;

  const open = async (signal: AbortSignal): Promise<void> => {
    const api = await connect();
    signal.throwIfAborted();
    const selection = { namespace, fieldSelector: `metadata.name=${podName}` };
    const follower = follow<Pod>({ api, resource: PODS, selection, clock, logger, timings });
    const reporting = { reporter: NAMES.reporter, instance: podName };
    const events = createEventRecorder({ api, namespace, ...reporting, clock, logger });
    found = { api, follower, events };
    noClient = undefined;
    follower.onChange(() => listeners.tell());
    await follower.start(signal);
    await events.start(signal);
    listeners.tell();
  };
  return {
    name: 'kubernetes',
    api: () => found?.api,
    pod: () => found?.follower.items().get(`${namespace}/${podName}`),
    signs() {
      const state = found?.follower.state();
      const synced = found?.follower.synced ?? false;
      // the first answer may take its time: until then nothing has failed
      const isFailure = state !== undefined && !state.ok && state.reason !== 'not listed yet';
      const failure = isFailure ? { ...state, forMs: clock.now() - state.sinceMs } : undefined;
      return { noClient, synced, failure };
    },
    record(event) {
      kept.push(event);
      if (kept.length > MAX_KEPT_EVENTS) kept.shift();
    },
    write(uid) {
      if (found === undefined || uid === '') return;
      const regarding = { apiVersion: 'v1', kind: 'Pod', namespace, name: podName, uid };
      for (const each of kept.splice(0)) found.events.record({ ...each, regarding });
    },
    onChange: (listener) => listeners.on(listener),
    start() {
      loop ??= startLoop({
        clock,
        async tick(signal) {
          if (found === undefined) await open(signal);
          return DONE_MS;
        },
        onError(error) {
          noClient = ConveyorError.from(error).message;
          listeners.tell();
          return backoffMs(attempt++, CONNECT);
        },
      });
      return Promise.resolve();
    },
    async stop(signal) {
      await loop?.stop();
      await found?.follower.stop(signal);
      await found?.events.stop(signal);
    },
  };
}
