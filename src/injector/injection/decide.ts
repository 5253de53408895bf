import type { Container, Pod } from 'kubernetes-types/core/v1.d.ts';
import { KEYS, NAMES } from '../../foundation/kubernetes/annotations.ts';
import { OWN_VOLUMES } from './names.ts';
import { strangeVolumes } from './volumes.ts';

/** Why a pod gets no sidecar. Metrics, Events and `audit` carry these words. */
export type SkipReason =
  | 'opted_out'
  | 'not_opted_in'
  | 'system_namespace'
  | 'already_injected'
  | 'container_exists'
  | 'volume_exists'
  | 'host_network'
  | 'mirror_pod'
  | 'windows';

/** Whether a pod gets a sidecar. */
export type Decision =
  | { readonly inject: true }
  | { readonly inject: false; readonly reason: SkipReason; readonly message: string };

/** What a decision depends on beside the pod. */
export interface Where {
  readonly namespace: string;
  /** The label of the namespace; `enabled` where somebody else has asked for this pod (a selector, a person). */
  readonly namespaceLabel: string | undefined;
  /** Never injected: those of Kubernetes, and our own. */
  readonly systemNamespaces: readonly string[];
}

const MESSAGES: Readonly<Record<SkipReason, string>> = {
  opted_out: `the label ${KEYS.inject}: disabled keeps it out`,
  not_opted_in: `neither it nor its namespace has the label ${KEYS.inject}: enabled`,
  system_namespace: 'system namespaces are left alone',
  already_injected: 'it has the sidecar already',
  container_exists: `it has a container named ${NAMES.container} that was not injected`,
  volume_exists: `it has a volume of its own with one of the names ${OWN_VOLUMES.join(', ')}`,
  host_network: "it is on the host's network, where localhost is the node",
  mirror_pod: 'it is a mirror of a static pod, which the API server cannot change',
  windows: 'it runs on Windows, which the sidecar does not',
};

const EXPECTED: readonly SkipReason[] = ['opted_out', 'not_opted_in', 'system_namespace', 'already_injected'];

/** Whether nobody wonders that such a pod has no new sidecar: the others asked for one that they cannot have. */
export function isExpected(reason: SkipReason): boolean {
  return EXPECTED.includes(reason);
}

/** Containers of both kinds: init containers, then the others. */
export function allContainers({ spec }: Pod): readonly Container[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}

/** The container that has the sidecar's name. */
export function sidecarIn(pod: Pod): Container | undefined {
  return allContainers(pod).find(({ name }) => name === NAMES.container);
}

/** The number of its port of that name. */
export function portIn(pod: Pod, portName: string): number | undefined {
  return sidecarIn(pod)?.ports?.find(({ name }) => name === portName)?.containerPort;
}

/** Whether the pod carries a sidecar that an injector put there. */
export function isInjected(pod: Pod): boolean {
  return pod.metadata?.annotations?.[KEYS.injected] !== undefined && sidecarIn(pod) !== undefined;
}

/** Whether the pod has asked for a sidecar: its own label wins over its namespace's. */
export function optedIn(pod: Pod, namespaceLabel: string | undefined): boolean {
  const own = pod.metadata?.labels?.[KEYS.inject];
  return (own === 'enabled' || own === 'disabled' ? own : namespaceLabel) === 'enabled';
}

/** Decides whether a pod gets the sidecar. Pure; the first reason against it is the one that is given. */
export function decide(pod: Pod, where: Where): Decision {
  const reason = reasonAgainst(pod, where);
  return reason === undefined ? { inject: true } : { inject: false, reason, message: MESSAGES[reason] };
}

function reasonAgainst(pod: Pod, where: Where): SkipReason | undefined {
  const { spec, metadata } = pod;
  if (where.systemNamespaces.includes(where.namespace)) return 'system_namespace';
  if (!optedIn(pod, where.namespaceLabel))
    return metadata?.labels?.[KEYS.inject] === 'disabled' || where.namespaceLabel === 'disabled'
      ? 'opted_out'
      : 'not_opted_in';
  if (isInjected(pod)) return 'already_injected';
  if (metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined) return 'mirror_pod';
  if (spec?.hostNetwork === true) return 'host_network';
  if (spec?.os?.name === 'windows' || spec?.nodeSelector?.['kubernetes.io/os'] === 'windows')
    return 'windows';
  if (sidecarIn(pod) !== undefined) return 'container_exists';
  return strangeVolumes(spec?.volumes).length > 0 ? 'volume_exists' : undefined;
}
