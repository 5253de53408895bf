import type { Pod, PodCondition } from 'kubernetes-types/core/v1.d.ts';
import { ConveyorError } from '../../foundation/errors.ts';
import { KEYS } from '../../foundation/kubernetes/annotations.ts';
import type { KubeApi } from '../../foundation/kubernetes/api.ts';
import { createController } from '../../foundation/kubernetes/controller.ts';
import { PODS } from '../../foundation/kubernetes/resources.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import { type Component, group } from '../../foundation/lifecycle/component.ts';
import { type Loop, startLoop } from '../../foundation/lifecycle/loop.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import type { PlaneView } from '../terms.ts';
import { isGone, type PodWish, podWishes } from './pod-wishes.ts';

/** On which pods the condition `conveyor.etl/routing` is written: those with such a readiness gate, all, or none. */
export type RoutingConditions = 'gated' | 'all' | 'off';

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
const CONCURRENCY = 4;
const MANAGER = 'conveyor-router';
const COST = 'controller.kubernetes.io/pod-deletion-cost';

/**
 * Writes on pods what heartbeats say, while this replica leads. Of what it has written last it knows by itself, so that
 * a look at everybody costs no request; a new leader looks at each pod once.
 */
export function createPodWriter(options: PodWriterOptions): Component {
  const { api, view, leading, conditions, deletionCost, clock, logger } = options;
  let wishes: ReadonlyMap<string, PodWish> = new Map();
  const told = new Map<string, Told>();
  let loop: Loop | undefined;

  const isNews = (key: string, wish: PodWish): boolean => {
    const last = told.get(key);
    if (last?.key !== keyOf(wish)) return true;
    return deletionCost && last.cost !== wish.cost && clock.now() - last.costAtMs >= COST_PERIOD_MS;
  };
  const controller = createController({
    name: 'pod-writer',
    clock,
    logger,
    concurrency: CONCURRENCY,
    async reconcile(key, signal) {
      const wish = wishes.get(key);
      if (wish === undefined || !leading() || !isNews(key, wish)) return undefined;
      const last = told.get(key) ?? NEVER;
      const cost = deletionCost && clock.now() - last.costAtMs >= COST_PERIOD_MS;
      const spent = await write(api, { wish, conditions, cost, nowMs: clock.wallTime() }, signal);
      const costAtMs = spent ? clock.now() : last.costAtMs;
      told.set(key, { key: keyOf(wish), cost: cost ? wish.cost : last.cost, costAtMs });
      return undefined;
    },
  });
  const look = (): number => {
    const open = [...wishes].filter(([key, wish]) => !isGone(wish) || isNews(key, wish));
    wishes = leading() ? podWishes(view.members(), new Map(open)) : new Map();
    for (const key of told.keys()) if (!wishes.has(key)) told.delete(key);
    for (const [key, wish] of wishes) if (isNews(key, wish)) controller.enqueue(key);
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

interface Write {
  readonly wish: PodWish;
  readonly conditions: RoutingConditions;
  readonly cost: boolean;
  readonly nowMs: number;
}

/** @returns whether a deletion cost was written. */
async function write(
  api: KubeApi,
  { wish, conditions, cost, nowMs }: Write,
  signal: AbortSignal,
): Promise<boolean> {
  const pod = await read(api, wish, signal);
  if (pod === undefined || !isThere(pod, wish)) return false;
  const at = { namespace: wish.namespace, name: wish.name };
  // the uid keeps it off another pod of the same name
  const metadata = { ...at, uid: pod.metadata?.uid };
  const condition = conditionOf(pod, wish, nowMs);
  const wanted = conditions === 'all' || (conditions === 'gated' && isGated(pod));
  if (wanted && condition !== undefined) {
    const body = { metadata, status: { conditions: [condition] } };
    const patch = { type: 'apply', body, fieldManager: MANAGER, force: true } as const;
    await api.patch(PODS, at, patch, { subresource: 'status' }, signal);
  }
  // without one it is 0
  if (!cost || (pod.metadata?.annotations?.[COST] ?? '0') === String(wish.cost)) return false;
  const body = { metadata: { ...metadata, annotations: { [COST]: String(wish.cost) } } };
  // not by force: a cost that somebody else has set stays
  await api.patch(PODS, at, { type: 'apply', body, fieldManager: MANAGER }, {}, signal).catch(unlessTaken);
  return true;
}

async function read(
  api: KubeApi,
  { namespace, name }: PodWish,
  signal: AbortSignal,
): Promise<Pod | undefined> {
  try {
    return await api.get<Pod>(PODS, { namespace, name }, signal);
  } catch (thrown) {
    if (ConveyorError.from(thrown).code === 'NOT_FOUND') return undefined;
    throw thrown;
  }
}

/** It is the pod at the registered endpoint, and is not on its way out. */
function isThere({ metadata, status }: Pod, { host }: PodWish): boolean {
  const addresses = [status?.podIP, ...(status?.podIPs ?? []).map(({ ip }) => ip)];
  return metadata?.deletionTimestamp === undefined && addresses.includes(host);
}

function isGated({ spec }: Pod): boolean {
  return spec?.readinessGates?.some(({ conditionType }) => conditionType === KEYS.routing) === true;
}

/** What is to be written; undefined: it is there. */
function conditionOf({ status }: Pod, wish: PodWish, nowMs: number): PodCondition | undefined {
  const { reason, message } = wish;
  const known = status?.conditions?.find(({ type }) => type === KEYS.routing);
  if (known?.status === wish.status && known.reason === reason) return undefined;
  const now = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const lastTransitionTime = known?.status === wish.status ? (known.lastTransitionTime ?? now) : now;
  return { type: KEYS.routing, status: wish.status, reason, message, lastTransitionTime };
}

function unlessTaken(thrown: unknown): void {
  if (ConveyorError.from(thrown).code !== 'ABORTED') throw thrown;
}
