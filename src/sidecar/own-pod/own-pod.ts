import { isDeepStrictEqual } from 'node:util';
import { connectKube } from '../../foundation/kubernetes/client.ts';
import { createController } from '../../foundation/kubernetes/controller.ts';
import type { FollowTimings } from '../../foundation/kubernetes/follow.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import { group } from '../../foundation/lifecycle/component.ts';
import { createListeners } from '../../foundation/lifecycle/listeners.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import { createActing, type Surroundings } from './services/act.ts';
import type { OwnPod, PodFacts } from './facts/facts.ts';
import { createLabelling } from './labels/labelling.ts';
import type { Downward } from './labels/labels.ts';
import type { OwnPodMetrics } from './metrics.ts';
import { podFacts } from './facts/pod-facts.ts';
import { createReach, type PodEvent, type Reach } from './access/reach.ts';
import type { Self } from './facts/self.ts';
import { PATIENCE_MS, type Standing, standingOf } from './access/standing.ts';
import { createTelling } from './access/tell-standing.ts';

/** What the controller of the own pod stands on. */
export interface OwnPodOptions {
  readonly self: Self;
  /** Path; '': the service account of the pod. */
  readonly kubeconfig: string;
  readonly downward: Downward;
  /** The user's labels. */
  readonly configured: Readonly<Record<string, string>>;
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

/** Time alone changes how it stands while the API is silent. */
const LOOK_AGAIN_MS = 500;
/** The keys of the work queue: a node that is slow to tell its zone must not keep the pod waiting. */
const POD = 'pod';
const ZONE = 'zone';

/** What the API says of the pod, as last seen. */
function createView({ self }: OwnPodOptions, reach: Reach) {
  const listeners = createListeners();
  let facts: PodFacts | undefined;
  let standing: Standing = { kind: 'starting', reason: '' };
  const isFresh = (): boolean => standing.kind === 'following';
  return {
    onChange: (listener: () => void) => listeners.on(listener),
    facts: () => facts,
    standing: () => standing,
    isFresh,
    observe(): void {
      const before = { facts, fresh: isFresh() };
      const pod = reach.pod();
      const seen = pod === undefined ? undefined : podFacts(pod, self);
      const name = `${self.namespace}/${self.podName}`;
      standing = standingOf({ ...reach.signs(), found: seen !== undefined, pod: name });
      // what was known goes on to tell where services are
      if (seen !== undefined && !isDeepStrictEqual(seen, facts)) facts = seen;
      if (facts !== before.facts || isFresh() !== before.fresh) listeners.tell();
    },
  };
}

/**
 * Follows the sidecar's own pod and acts on it, level-based: each pass reads how the pod stands and brings discovery,
 * offer and labels to it. Without the API it acts on what it last knew, or on the downward API and the port scan, and
 * tries again for ever.
 */
export function createOwnPod(options: OwnPodOptions): FollowedPod {
  const { self, clock, logger, around, kubeconfig } = options;
  const connect = () => connectKube({ kubeconfig });
  const reach = createReach({ ...options, connect });
  const view = createView(options, reach);
  const labelling = createLabelling(options);
  const act = createActing(around, options);
  const tell = createTelling(logger, options.metrics);
  let begunMs = 0;
  /** Services wait a while for the API's first word: for their names, and whether their containers are ready. */
  const isStarting = (): boolean =>
    view.standing().kind === 'starting' && clock.now() - begunMs < PATIENCE_MS;

  const writeEvents = (): void => reach.write(view.facts()?.uid ?? self.podUid);
  const pass = (): { requeueAfterMs: number } | undefined => {
    view.observe();
    const [facts, fresh] = [view.facts(), view.isFresh()];
    tell(view.standing(), facts);
    act({ facts, fresh, starting: isStarting() });
    labelling.update(facts);
    writeEvents();
    if (fresh && reach.signs().failure === undefined) return undefined;
    return { requeueAfterMs: LOOK_AGAIN_MS };
  };
  const controller = createController({
    name: 'passes',
    ...{ clock, logger, concurrency: 2 },
    async reconcile(key, signal) {
      if (key === POD) return pass();
      const [api, facts] = [reach.api(), view.facts()];
      if (api !== undefined && facts !== undefined) await labelling.findZone(api, facts, signal);
      return undefined;
    },
  });
  reach.onChange(() => {
    view.observe();
    controller.enqueue(POD);
    controller.enqueue(ZONE);
  });
  const all = group('own pod', [controller, reach]);
  return {
    name: 'own pod',
    facts: () => (view.isFresh() ? view.facts() : undefined),
    onChange: view.onChange,
    reconsider: () => controller.enqueue(POD),
    labels: () => labelling.current(),
    onLabels: (listener) => labelling.onChange(listener),
    standing: view.standing,
    record(event) {
      reach.record(event);
      writeEvents();
    },
    async start(signal) {
      begunMs = clock.now();
      await all.start(signal);
      controller.enqueue(POD);
    },
    stop: (signal) => all.stop(signal),
  };
}
