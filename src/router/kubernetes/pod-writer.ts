import type { ConveyorError } from '../../foundation/errors.ts';
import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import type { KubeApi } from '../../foundation/kubernetes/api.ts';
import { createController } from '../../foundation/kubernetes/controller.ts';
import { PODS } from '../../foundation/kubernetes/resources.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import { type Component, group } from '../../foundation/lifecycle/component.ts';
import { type Loop, startLoop } from '../../foundation/lifecycle/loop.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import type { PlaneView } from '../terms.ts';
import { readPod, type RoutingConditions, whereaboutsOf, writePod } from './pod-patches.ts';
import { isGone, isOpen, leftoverWishes, type PodWish, podWishes } from './pod-wishes.ts';

/** What is written on pods, and from what. */
export interface PodWriterOptions {
  readonly api: KubeApi;
  readonly view: PlaneView;
  readonly leading: () => boolean;
  readonly conditions: RoutingConditions;
  /** Whether `controller.kubernetes.io/pod-deletion-cost` is written, from the work in flight. */
  readonly deletionCost: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

const LOOK_MS = 1_000;
/** A pod's deletion cost is written so often at most; its condition whenever it changes. */
const COST_PERIOD_MS = 60_000;
/** A sidecar may register before its pod shows an address; one that shows another may have been started anew. */
const EARLY_MS = 1_000;
const ELSEWHERE_MS = 30_000;
const CONCURRENCY = 4;
/** The key of the work queue that is no pod: what a leader of earlier has left. */
const LEFTOVERS = '';
/** Where more sidecars are missing than are there, it is looked again so often. */
const AGAIN_MS = 60_000;

/**
 * Writes on pods what heartbeats say, while this replica leads. Of what it has written last it knows by itself, so that
 * a look at everybody costs no request; a new leader looks at each pod once, and when it knows who is there, takes back
 * what its predecessor left on the others.
 */
export function createPodWriter(options: PodWriterOptions): Component {
  const { api, view, leading, conditions, deletionCost, clock, logger } = options;
  let wishes: ReadonlyMap<string, PodWish> = new Map();
  const told = new Map<string, Told>();
  // what the queue has already: asking again would end the backoff of what fails
  const queued = new Map<string, string>();
  let loop: Loop | undefined;
  // in this term
  let swept = false;

  const isNews = (key: string, wish: PodWish): boolean => {
    const last = told.get(key);
    if (last?.key !== keyOf(wish)) return true;
    return deletionCost && last.cost !== wish.cost && clock.now() - last.costAtMs >= COST_PERIOD_MS;
  };
  const tell = async (
    key: string,
    wish: PodWish,
    signal: AbortSignal,
  ): Promise<{ requeueAfterMs?: number }> => {
    const last = told.get(key) ?? NEVER;
    const cost = deletionCost && clock.now() - last.costAtMs >= COST_PERIOD_MS;
    const pod = await readPod(api, wish, signal);
    const whereabouts = pod === undefined ? 'gone' : whereaboutsOf(pod, wish);
    if (whereabouts === 'early') return { requeueAfterMs: EARLY_MS };
    if (whereabouts === 'elsewhere') return { requeueAfterMs: ELSEWHERE_MS };
    const now = { cost, nowMs: clock.wallTime() };
    const spent =
      pod !== undefined &&
      whereabouts === 'here' &&
      (await writePod(api, { pod, wish, conditions, ...now }, signal));
    const costAtMs = spent ? clock.now() : last.costAtMs;
    told.set(key, { key: keyOf(wish), cost: cost ? wish.cost : last.cost, costAtMs });
    queued.delete(key);
    return {};
  };
  /** Every pod is listed, once a term: conditions can be selected by nothing less. */
  const takeBack = async (signal: AbortSignal): Promise<{ requeueAfterMs?: number }> => {
    const open: Pod[] = [];
    for await (const { items } of api.pages<Pod>(PODS, { fieldSelector: 'status.phase=Running' }, signal))
      open.push(...items.filter(isOpen));
    if (!leading()) return {};
    const { leftover, massLapse } = leftoverWishes(open, wishes);
    if (massLapse) return { requeueAfterMs: AGAIN_MS };
    wishes = new Map([...leftover, ...wishes]);
    return {};
  };
  const controller = createController({
    name: 'pod-writer',
    clock,
    logger,
    concurrency: CONCURRENCY,
    async reconcile(key, signal) {
      if (key === LEFTOVERS) return swept ? takeBack(signal) : undefined;
      const wish = wishes.get(key);
      if (wish !== undefined && leading() && isNews(key, wish)) return tell(key, wish, signal);
      queued.delete(key);
      return undefined;
    },
  });
  const look = (): number => {
    const open = [...wishes].filter(([key, wish]) => !isGone(wish) || isNews(key, wish));
    wishes = leading() ? podWishes(view.members(), new Map(open)) : new Map();
    if (!leading()) swept = false;
    else if (conditions !== 'off' && !view.settling && !swept) {
      swept = true;
      controller.enqueue(LEFTOVERS);
    }
    for (const known of [told, queued])
      for (const key of known.keys()) if (!wishes.has(key)) known.delete(key);
    for (const [key, wish] of wishes) {
      if (!isNews(key, wish) || queued.get(key) === keyOf(wish)) continue;
      queued.set(key, keyOf(wish));
      controller.enqueue(key);
    }
    return LOOK_MS;
  };
  const looking: Component = {
    name: 'pod-looks',
    start() {
      const onError = (error: ConveyorError): number => {
        logger.error('pods were not looked at', { error });
        return LOOK_MS;
      };
      loop = startLoop({ clock, tick: () => Promise.resolve(look()), onError });
      return Promise.resolve();
    },
    async stop() {
      await loop?.stop();
    },
  };
  return group('pod-writer', [controller, looking]);
}

/** What was last written on a pod. */
interface Told {
  readonly key: string;
  readonly cost: number;
  readonly costAtMs: number;
}

const NEVER: Told = { key: '', cost: 0, costAtMs: -Infinity };
const keyOf = ({ host, status, reason }: PodWish): string => `${host} ${status} ${reason}`;
