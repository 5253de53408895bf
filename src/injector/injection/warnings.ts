import type { Container, Pod } from 'kubernetes-types/core/v1.d.ts';
import { KEYS, NAMES } from '../../foundation/kubernetes/annotations.ts';
import { formatMs } from '../../foundation/config/value-type.ts';
import { heldBy } from './container.ts';
import { allContainers } from './decide.ts';
import type { SidecarOptions } from './options.ts';

const DEFAULT_GRACE_MS = 30_000;
// below, a drain of anything that takes a few seconds is cut off
const SHORT_GRACE_MS = 10_000;
const MAX_GRACE_MS = 3_600_000;

/** The pod's own grace period in milliseconds. */
export function podGraceMs({ spec }: Pod): number {
  const seconds = spec?.terminationGracePeriodSeconds;
  return seconds === undefined ? DEFAULT_GRACE_MS : Math.max(0, seconds * 1_000);
}

/** Milliseconds that the sidecar has for its end: never more than the kubelet lets the pod have. */
export function graceOf(pod: Pod, { shutdownGrace }: SidecarOptions): number {
  return Math.min(shutdownGrace ?? Infinity, podGraceMs(pod), MAX_GRACE_MS);
}

/** What a user should know of a pod that gets a sidecar, though nothing keeps it from running. */
export function podWarnings(pod: Pod, options: SidecarOptions): string[] {
  return [...portClashes(pod, options), ...graceWarnings(pod, options), ...ownHooks(pod, options)];
}

function portClashes(pod: Pod, { grpcPort, adminPort }: SidecarOptions): string[] {
  const keys = new Map<number, string>([
    [grpcPort, KEYS.grpcPort],
    [adminPort, KEYS.adminPort],
  ]);
  return allContainers(pod).flatMap(({ name, ports = [] }) =>
    ports.flatMap(({ containerPort, protocol = 'TCP' }) => {
      const key = keys.get(containerPort);
      return key === undefined || protocol !== 'TCP'
        ? []
        : [`container ${name} has port ${containerPort}, as the sidecar would: choose another by ${key}`];
    }),
  );
}

function graceWarnings(pod: Pod, options: SidecarOptions): string[] {
  const podMs = podGraceMs(pod);
  const { shutdownGrace = podMs } = options;
  const graceMs = graceOf(pod, options);
  return [
    ...(shutdownGrace > podMs
      ? [`${KEYS.shutdownGrace} of ${formatMs(shutdownGrace)} is above the pod's grace of ${formatMs(podMs)}`]
      : []),
    ...(graceMs < SHORT_GRACE_MS
      ? [`a grace of ${formatMs(graceMs)} may be too short to drain: ${formatMs(SHORT_GRACE_MS)} at least`]
      : []),
  ];
}

function ownHooks({ spec }: Pod, { holdApplication }: SidecarOptions): string[] {
  if (holdApplication === 'disabled') return [];
  const own = (spec?.containers ?? []).filter(
    (one: Container) =>
      one.name !== NAMES.container && one.lifecycle?.preStop !== undefined && heldBy(one) === undefined,
  );
  return own.map(({ name }) => `container ${name} has a preStop hook of its own: the drain does not hold it`);
}
