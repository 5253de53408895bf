import { isDeepStrictEqual } from 'node:util';
import { connectKube } from '../../foundation/kubernetes/client.ts';
import { createController } from '../../foundation/kubernetes/controller.ts';
import type { FollowTimings } from '../../foundation/kubernetes/follow.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import { group } from '../../foundation/lifecycle/component.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import { createActing, type Surroundings } from './acting.ts';
import type { OwnPod, PodFacts } from './facts.ts';
import { type Downward, registrationLabels } from './labels.ts';
import type { OwnPodMetrics } from './metrics.ts';
import { podFacts } from './pod-facts.ts';
import { createReach, type PodEvent } from './reach.ts';
import type { Self } from './self.ts';
import { isDegraded, type Standing, standingOf } from './standing.ts';
import { zoneOf } from './zone.ts';

/** What the controller of the own pod stands on. */
export interface OwnPodOptions {
  readonly self: Self;
  /** Path; '': the service account of the pod. */
  readonly kubeconfig: string;
  readonly downward: Downward;
  /** The user's labels. */
  readonly labels: Readonly<Record<string, string>>;
  readonly around: Surroundings;
  /** Look at the configured range whatever the pod declares. */
  readonly alwaysScan: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: OwnPodMetrics;
  readonly timings?: Partial<FollowTimings>;
}

/** The own pod, followed and acted on. */
export interface FollowedPod extends OwnPod {
  /** Something that facts follow from has changed elsewhere, such as the services that were found. */
  reconsider(): void;
  /** For the registration. The same object until they change. */
  labels(): Readonly<Record<string, string>>;
  onLabels(listener: () => void): () => void;
  standing(): Standing;
  /** An Event on the pod. Never throws, never waits. */
  record(event: PodEvent): void;
}

/** So long services are held back for the API's first word: whether their containers are ready. */
const START_MS = 5_000;
/** The work queue has one key. */
const OWN = 'own pod';

/** A set of listeners, told without arguments. */
function bell() {
  const listeners = new Set<() => void>();
  return {
    ring: (): void => listeners.forEach((listener) => listener()),
    on(listener: () => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/**
 * Follows the sidecar's own pod and acts on it, level-based: each pass reads how the pod stands and brings discovery,
 * offer and labels to it. Without the API it acts on what it last knew, or on the downward API and the port scan, and
 * tries again for ever.
 */
export function createOwnPod(options: OwnPodOptions): FollowedPod {
  const { self, clock, logger, downward, around, metrics, kubeconfig } = options;
  const connect = () => connectKube(kubeconfig === '' ? {} : { kubeconfig });
  const reach = createReach({ ...options, connect });
  const act = createActing(around, options);
  const changed = bell();
  const relabelled = bell();
  let begunMs = 0;
  let facts: PodFacts | undefined;
  let zone: { readonly node: string; readonly name: string } | undefined;
  let standing: Standing = { kind: 'starting', reason: '' };
  let told: string | undefined;
  const labelsNow = () =>
    registrationLabels({ configured: options.labels, downward, facts, zone: zone?.name ?? '' });
  let labels = labelsNow();

  const observe = (): void => {
    const pod = reach.pod();
    const seen = pod === undefined ? undefined : podFacts(pod, self);
    const before = { facts, fresh: isFresh() };
    standing = standingOf({
      ...reach.signs(),
      found: seen !== undefined,
      pod: `${self.namespace}/${self.podName}`,
    });
    // what was known goes on to tell where services are
    if (seen !== undefined && !isDeepStrictEqual(seen, facts)) facts = seen;
    if (facts !== before.facts || isFresh() !== before.fresh) changed.ring();
  };
  const isFresh = (): boolean => standing.kind === 'following';
  /** Milliseconds for which services wait for the API's first word. */
  const patienceMs = (): number =>
    standing.kind === 'starting' && facts === undefined ? begunMs + START_MS - clock.now() : 0;

  const tell = (): void => {
    metrics.standing(standing.kind);
    if (standing.kind === told) return;
    const { kind, reason } = standing;
    if (isDegraded(standing))
      logger.warn('running on the downward API and the port scan', { state: kind, reason });
    else if (kind === 'following')
      logger.info('following the own pod', { container: facts?.self, native: facts?.native });
    if (kind === 'following' && facts?.self === '')
      logger.warn('own container not found in the pod: set CONTAINER_NAME', { podName: self.podName });
    told = kind;
  };
  const relabel = (): void => {
    const next = labelsNow();
    if (isDeepStrictEqual(next, labels)) return;
    labels = next;
    relabelled.ring();
  };
  const findZone = async (signal: AbortSignal): Promise<void> => {
    const api = reach.api();
    const node = facts?.node ?? '';
    if (api === undefined || node === '' || zone?.node === node || !isFresh()) return;
    const name = await zoneOf(api, node, signal);
    if (name !== undefined) zone = { node, name };
  };
  const controller = createController({
    name: 'own-pod',
    clock,
    logger,
    async reconcile(_key, signal) {
      observe();
      tell();
      act({ facts, fresh: isFresh(), starting: patienceMs() > 0 });
      relabel();
      await findZone(signal);
      relabel();
      // time alone changes how it stands while the API is silent
      return isFresh() ? undefined : { requeueAfterMs: Math.max(100, Math.min(1_000, patienceMs())) };
    },
  });
  const look = (): void => {
    observe();
    controller.enqueue(OWN);
  };
  reach.onChange(look);
  const all = group('own pod', [controller, reach]);
  return {
    name: 'own pod',
    facts: () => (isFresh() ? facts : undefined),
    onChange: (listener) => changed.on(listener),
    reconsider: () => controller.enqueue(OWN),
    labels: () => labels,
    onLabels: (listener) => relabelled.on(listener),
    standing: () => standing,
    record: (event) => reach.record(event, facts?.uid ?? self.podUid),
    async start(signal) {
      begunMs = clock.now();
      await all.start(signal);
      controller.enqueue(OWN);
    },
    stop: (signal) => all.stop(signal),
  };
}
