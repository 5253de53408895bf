import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import { KEYS } from '../../foundation/kubernetes/annotations.ts';
import type { Member } from '../membership/member.ts';

/** What a pod shall show of its sidecar. */
export interface PodWish {
  readonly namespace: string;
  readonly name: string;
  /** Of the registered endpoint, without brackets: what is written, is written on the pod with this address alone. */
  readonly host: string;
  readonly status: 'True' | 'False';
  /** For programs: one word in CamelCase. */
  readonly reason: string;
  readonly message: string;
  /** Work in flight: calls and records that wait. */
  readonly cost: number;
}

/** What is known of a sidecar that is registered. */
interface Known {
  readonly member: Member;
  readonly leaseLeftMs: number;
}

const MAX_INT32 = 2_147_483_647;
const isPod = ({ podName, namespace }: Member): boolean =>
  /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(podName) &&
  /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace);

/** Whether its sidecar is not registered any more. */
export const isGone = ({ reason }: PodWish): boolean => reason === 'Gone';

/**
 * By `<namespace>/<pod>`. Who was registered and is no more, is gone: what stands on its pod is taken back.
 * @param before what was wished last, without what was gone and has been written.
 */
export function podWishes(
  known: readonly Known[],
  before: ReadonlyMap<string, PodWish>,
): ReadonlyMap<string, PodWish> {
  const present = known.filter(({ member }) => isPod(member));
  // of two that claim one pod, the one that has proven it comes last and stays
  const proven = Map.groupBy(present, ({ member }) => member.identity !== undefined);
  const wishes = new Map(
    [...(proven.get(false) ?? []), ...(proven.get(true) ?? [])].map((each) => {
      const wish = wishOf(each);
      return [`${wish.namespace}/${wish.name}`, wish];
    }),
  );
  for (const [key, wish] of before) {
    if (wishes.has(key)) continue;
    wishes.set(key, { ...wish, ...GONE });
  }
  return wishes;
}

const GONE = {
  status: 'False',
  reason: 'Gone',
  message: 'the sidecar has left, or is not heard',
  cost: 0,
} as const;

/** Whether it stands on the pod that its sidecar is registered. */
export function isOpen({ status }: Pod): boolean {
  return status?.conditions?.some((one) => one.type === KEYS.routing && one.status === 'True') === true;
}

/**
 * What a leader of earlier has written on pods whose sidecars have not come to this one: it is taken back. Nothing, where
 * more are missing than are there: that is the network or the router, not the sidecars.
 * @param pods that are {@link isOpen}.
 * @param wishes of those that are there.
 */
export function leftoverWishes(
  pods: readonly Pod[],
  wishes: ReadonlyMap<string, PodWish>,
): { readonly leftover: ReadonlyMap<string, PodWish>; readonly massLapse: boolean } {
  const leftover = new Map(
    pods.flatMap(({ metadata: { namespace = '', name = '' } = {}, status = {} }) => {
      const key = `${namespace}/${name}`;
      const host = status.podIP ?? '';
      if (host === '' || wishes.has(key)) return [];
      return [[key, { namespace, name, host, ...GONE }] as const];
    }),
  );
  const massLapse = leftover.size > [...wishes.values()].filter((wish) => !isGone(wish)).length;
  return { leftover: massLapse ? new Map() : leftover, massLapse };
}

function wishOf({ member, leaseLeftMs }: Known): PodWish {
  const { namespace, podName: name, endpoint, load } = member;
  const host = endpoint.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  const cost = Math.min(MAX_INT32, load.activeRequests + load.queueDepth);
  return { namespace, name, host, cost, ...stateOf(member, leaseLeftMs) };
}

function stateOf(
  { draining, services, health }: Member,
  leaseLeftMs: number,
): Pick<PodWish, 'status' | 'reason' | 'message'> {
  const no = (reason: string, message: string) => ({ status: 'False', reason, message }) as const;
  if (draining) return no('Draining', 'the sidecar takes nothing new');
  if (leaseLeftMs < 0) return no('NotHeard', 'the sidecar has missed its lease');
  const sick = services.filter(({ name }) => health.get(name)?.status === 'unhealthy');
  if (services.length > 0 && sick.length === services.length)
    return no('Unhealthy', `no service is healthy: ${sick.map(({ name }) => name).join(', ')}`);
  return {
    status: 'True',
    reason: 'Registered',
    message: 'the router sends records here as pipelines ask for it',
  };
}
