import type { Pod, PodCondition } from 'kubernetes-types/core/v1.d.ts';
import { ConveyorError } from '../../foundation/errors.ts';
import { KEYS } from '../../foundation/kubernetes/annotations.ts';
import type { KubeApi } from '../../foundation/kubernetes/api.ts';
import { PODS } from '../../foundation/kubernetes/resources.ts';
import type { PodWish } from './pod-wishes.ts';

/** On which pods the condition `conveyor.etl/routing` is written: those with such a readiness gate, all, or none. */
export type RoutingConditions = 'gated' | 'all' | 'off';

const MANAGER = 'conveyor-router';
const COST = 'controller.kubernetes.io/pod-deletion-cost';

/** What is written on a pod. */
export interface PodWrite {
  readonly pod: Pod;
  readonly wish: PodWish;
  readonly conditions: RoutingConditions;
  /** Whether the deletion cost is due. */
  readonly cost: boolean;
  readonly nowMs: number;
}

/**
 * Writes the condition where it is wanted and not there, and the deletion cost where it is due.
 * @returns whether a deletion cost was written.
 */
export async function writePod(
  api: KubeApi,
  { pod, wish, conditions, cost, nowMs }: PodWrite,
  signal: AbortSignal,
): Promise<boolean> {
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

/** @returns undefined when there is none. */
export async function readPod(
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

/** Where the pod stands to the registered endpoint: it is there, has no address yet, has another, or is leaving. */
export function whereaboutsOf(
  { metadata, status }: Pod,
  { host }: PodWish,
): 'here' | 'early' | 'elsewhere' | 'gone' {
  if (metadata?.deletionTimestamp !== undefined) return 'gone';
  const addresses = [status?.podIP ?? '', ...(status?.podIPs ?? []).map(({ ip }) => ip)];
  if (addresses.includes(host)) return 'here';
  return addresses.every((address) => address === '') ? 'early' : 'elsewhere';
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
