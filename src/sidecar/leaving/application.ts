import type { LeavingContainer, LeavingPlane, LeavingPod } from './ports.ts';

type Facts = NonNullable<ReturnType<LeavingPod['facts']>>;

/** A source that closes its stream and opens another does so within this time. */
const REOPEN_MS = 1_000;

function applicationOf({ containers }: Facts): LeavingContainer[] {
  return [...containers.values()].filter(({ sidecar }) => !sidecar);
}

/**
 * Whether the application is over and done with, as in a Job: nothing starts any of its containers again. A native
 * sidecar leaves that to the kubelet, which sends SIGTERM then.
 */
export function isCompleted(facts: Facts): boolean {
  const application = applicationOf(facts);
  return !facts.native && application.length > 0 && application.every(({ ended }) => ended);
}

/**
 * Whether the application has gone. The API says so only while nothing ends the pod: as long as the kubelet stops a pod
 * it reports no container before the last has gone, which is us (seen with 1.34). So it is also taken for gone when no
 * source has had a stream open for a second.
 */
export function hasGone(facts: Facts | undefined, { lastStream }: LeavingPlane, nowMs: number): boolean {
  const application = facts === undefined ? [] : applicationOf(facts);
  const isOver = application.length > 0 && application.every(({ state }) => state === 'terminated');
  return isOver || nowMs - lastStream >= REOPEN_MS;
}
