import type { Lease } from 'kubernetes-types/coordination/v1.d.ts';
import { ConveyorError } from '../errors.ts';
import { jittered } from '../lifecycle/backoff.ts';
import type { Clock } from '../lifecycle/clock.ts';
import type { Component } from '../lifecycle/component.ts';
import { createListeners } from '../lifecycle/listeners.ts';
import { type Loop, startLoop } from '../lifecycle/loop.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { KubeApi } from './api.ts';
import { createOutage } from '../telemetry/outage.ts';
import { LEASES } from './resources.ts';
import { microTime } from './time.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';

/** One of several replicas leads. */
export interface Leader extends Component {
  /** False from the moment on at which another one might lead, by the monotonic clock, whatever the API does. */
  leading(): boolean;
  onChange(listener: (leading: boolean) => void): () => void;
  /** Who leads, as last seen; '' when nobody does. */
  holder(): string;
}

/** Milliseconds; the proportions are those of client-go. */
export interface LeaderTimings {
  /** A lease that nobody has renewed for so long may be taken. */
  readonly leaseMs: number;
  /** Who has not renewed for so long leads no more: earlier than any other may take the lease. */
  readonly renewMs: number;
  /** Between tries, give or take a fifth. */
  readonly retryMs: number;
}

const TIMINGS: LeaderTimings = { leaseMs: 15_000, renewMs: 10_000, retryMs: 2_000 };

/** Which lease, and who we are. */
export interface LeaderOptions {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly name: string;
  /** Unique among the replicas, and anew after a restart: the pod's name and something random. */
  readonly identity: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timings?: Partial<LeaderTimings> | undefined;
  readonly random?: (() => number) | undefined;
}

/**
 * Takes a Lease and renews it; takes it from a holder who does not renew, measured from when we saw the last change,
 * so that wall clocks need not agree. Gives it back on `stop`: another replica leads with its next try.
 */
export function createLeader(options: LeaderOptions): Leader {
  const { api, namespace, name, identity, clock, random = Math.random } = options;
  const timings = { ...TIMINGS, ...options.timings };
  const logger = options.logger.child('leader');
  const outage = createOutage({ logger, clock }, { failed: 'lease out of reach', over: 'lease in reach' });
  const listeners = createListeners<[boolean]>((error) => logger.error('a listener failed', { error }));
  let loop: Loop | undefined;
  let seen: { readonly lease: Lease; readonly atMs: number } | undefined;
  let renewedMs = -Infinity;
  let told = false;
  let watchdog: Watchdog | undefined;

  const leading = (): boolean => clock.now() < renewedMs + timings.renewMs;

  const tell = (): void => {
    if (told === leading()) return;
    told = leading();
    logger.info(told ? 'leading' : 'leading no more', { holder: holder() });
    listeners.tell(told);
  };
  const lose = (): void => {
    renewedMs = -Infinity;
    watchdog?.stop();
    watchdog = undefined;
    tell();
  };
  const win = (atMs: number): void => {
    renewedMs = atMs;
    watchdog ??= startWatchdog(clock, timings.renewMs, lose);
    watchdog.feed(atMs);
    tell();
  };

  const holder = (): string => seen?.lease.spec?.holderIdentity ?? '';
  const see = (lease: Lease): void => {
    const changed = seen?.lease.metadata?.resourceVersion !== lease.metadata?.resourceVersion;
    if (changed) seen = { lease, atMs: clock.now() };
  };
  const free = (): boolean => {
    if (seen === undefined || holder() === '' || holder() === identity) return true;
    const heldMs = (seen.lease.spec?.leaseDurationSeconds ?? 0) * 1_000;
    return clock.now() >= seen.atMs + Math.max(heldMs, timings.leaseMs);
  };

  /** The lease as it is when we hold it from now on. */
  const ours = (): Lease => {
    const { metadata, spec } = seen?.lease ?? {};
    const now = microTime(clock.wallTime());
    const kept = spec?.holderIdentity === identity;
    return {
      metadata: { ...metadata, namespace, name },
      spec: {
        ...{
          holderIdentity: identity,
          leaseDurationSeconds: Math.ceil(timings.leaseMs / 1_000),
          renewTime: now,
        },
        acquireTime: kept ? (spec.acquireTime ?? now) : now,
        leaseTransitions: (spec?.leaseTransitions ?? 0) + (kept || spec === undefined ? 0 : 1),
      },
    };
  };

  const take = async (signal: AbortSignal): Promise<void> => {
    // from before the request: the server may count from then
    const atMs = clock.now();
    const lease =
      seen === undefined
        ? await api.create(LEASES, ours(), {}, signal)
        : await api.update(LEASES, ours(), {}, signal);
    see(lease);
    win(atMs);
  };

  const look = async (signal: AbortSignal): Promise<void> => {
    try {
      see(await api.get<Lease>(LEASES, { namespace, name }, signal));
    } catch (error) {
      if (ConveyorError.from(error).code !== 'NOT_FOUND') throw error;
      seen = undefined;
    }
  };

  const attempt = async (signal: AbortSignal): Promise<void> => {
    if (!leading()) await look(signal);
    if (!free()) return;
    try {
      await take(signal);
    } catch (error) {
      const { code } = ConveyorError.from(error);
      if (code !== 'ABORTED' && code !== 'ALREADY_EXISTS' && code !== 'NOT_FOUND') throw error;
      // another one was faster, or somebody has written to it
      await look(signal);
      if (holder() !== identity) lose();
    }
  };

  const retryMs = (): number => jittered(timings.retryMs, 0.2, random);

  return {
    name: 'leader',
    leading,
    holder,
    onChange: (listener) => listeners.on(listener),
    start() {
      loop ??= startLoop({
        clock,
        async tick(signal) {
          await attempt(signal);
          outage.over();
          return retryMs();
        },
        onError(error) {
          outage.failed(error);
          return retryMs();
        },
      });
      return Promise.resolve();
    },
    async stop(signal) {
      await loop?.stop();
      const held = leading() ? ours() : undefined;
      lose();
      if (held === undefined) return;
      const spec = { ...held.spec, holderIdentity: '', leaseDurationSeconds: 1 };
      await api.update(LEASES, { ...held, spec }, {}, signal).catch((error: unknown) => {
        logger.warn('lease not given back', { error });
      });
    },
  };
}
