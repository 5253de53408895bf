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
  const told = new Map<string, { readonly key: string; readonly cost: number; readonly costAtMs: number }>();
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
      const last = told.get(key);
      const costDue = deletionCost && clock.now() - (last?.costAtMs ?? -Infinity) >= COST_PERIOD_MS;
      await write(api, { wish, conditions, cost: costDue, nowMs: clock.wallTime() }, signal);
      const { cost, costAtMs } =
        costDue || last === undefined ? { cost: wish.cost, costAtMs: clock.now() } : last;
      told.set(key, { key: keyOf(wish), cost, costAtMs });
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

const keyOf = ({ host, status, reason }: PodWish): string => `${host} ${status} ${reason}`;

interface Write {
  readonly wish: PodWish;
  readonly conditions: RoutingConditions;
  readonly cost: boolean;
  readonly nowMs: number;
}

async function write(
  api: KubeApi,
  { wish, conditions, cost, nowMs }: Write,
  signal: AbortSignal,
): Promise<void> {
  const pod = await read(api, wish, signal);
  if (pod === undefined || !isThere(pod, wish)) return;
  const { namespace, name } = wish;
  // the uid keeps it off another pod of the same name
  const metadata = { namespace, name, uid: pod.metadata?.uid };
  const condition = conditionOf(pod, wish, nowMs);
  const wanted = conditions === 'all' || (conditions === 'gated' && isGated(pod));
  if (wanted && condition !== undefined) {
    const body = { metadata, status: { conditions: [condition] } };
    const patch = { type: 'apply', body, fieldManager: MANAGER, force: true } as const;
    await api.patch(PODS, wish, patch, { subresource: 'status' }, signal);
  }
  if (!cost || pod.metadata?.annotations?.[COST] === String(wish.cost)) return;
  const body = { metadata: { ...metadata, annotations: { [COST]: String(wish.cost) } } };
  // not by force: a cost that somebody else has set stays
  await api.patch(PODS, wish, { type: 'apply', body, fieldManager: MANAGER }, {}, signal).catch(unlessTaken);
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
