import type { Container, Pod, PodSpec } from 'kubernetes-types/core/v1.d.ts';
import { NAMES } from '../../../foundation/kubernetes/annotations.ts';

/** What the sidecar knows of itself without the API. */
export interface Self {
  readonly namespace: string;
  readonly podName: string;
  /** '' when the downward API does not tell. */
  readonly podUid: string;
  /** '' when the configuration does not tell. */
  readonly containerName: string;
  /** The sidecar's own listeners. */
  readonly ownPorts: readonly number[];
}

/** A container as the spec has it, and whether it runs beside the others: a native sidecar does. */
export interface Member {
  readonly container: Container;
  readonly sidecar: boolean;
}

/** All containers that run while the pod does: the regular ones and the native sidecars, not those that only begin it. */
export function membersOf({ containers, initContainers = [] }: PodSpec): Member[] {
  const native = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [
    ...native.map((container) => ({ container, sidecar: true })),
    ...containers.map((container) => ({ container, sidecar: false })),
  ];
}

/**
 * Name of our own container: as configured, as the injector names it, or the only one that declares one of our ports,
 * else has our variable, else our image. '' when none of these tells: it must not be guessed, because the others' end
 * is the application's.
 */
export function findSelf(pod: Pod, { containerName, ownPorts }: Self): string {
  const all = pod.spec === undefined ? [] : membersOf(pod.spec).map(({ container }) => container);
  const signs: ((container: Container) => boolean)[] = [
    ({ name }) => name === containerName,
    ({ name }) => name === NAMES.container,
    ({ ports = [] }) => ports.some(({ containerPort }) => ownPorts.includes(containerPort)),
    ({ env = [] }) => env.some(({ name }) => name === 'CLUSTER_ENDPOINT'),
    ({ image = '' }) => /(^|\/)conveyor-sidecar([:@]|$)/.test(image),
  ];
  for (const sign of signs) {
    const [found, ...others] = all.filter(sign);
    if (found !== undefined && others.length === 0) return found.name;
  }
  return '';
}
