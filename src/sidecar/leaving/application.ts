import type { HeldService, LeavingContainer, LeavingPlane, LeavingPod } from './ports.ts';

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
export function hasGone(facts: Facts | undefined, plane: LeavingPlane, nowMs: number): boolean {
  const application = facts === undefined ? [] : applicationOf(facts);
  const isOver = application.length > 0 && application.every(({ state }) => state === 'terminated');
  return isOver || isUnpushed(plane, nowMs);
}

/** No source has had a push stream open for so long that none comes any more. */
function isUnpushed({ lastStream }: LeavingPlane, nowMs: number): boolean {
  return nowMs - lastStream >= REOPEN_MS;
}

/**
 * Whether a container is done with what the pod itself pushes. Stages outlive the sources beside them: what these still
 * push, and what is in flight, has to go through them. It takes a container beside it that offers no stage, where a
 * source may be: who pushes and is a stage at once gets to hear of the end, and sees to both. Pure.
 */
export function isDoneWithSources(
  container: string,
  { facts, services }: { facts: Facts | undefined; services: readonly HeldService[] },
  pushed: () => boolean,
): boolean {
  const stages = new Set(services.filter(({ type }) => type !== 'source').map((each) => each.container));
  const others = [...(facts?.containers ?? [])].filter(([, { sidecar }]) => !sidecar);
  return !stages.has(container) || others.every(([name]) => stages.has(name)) || pushed();
}

/** Whether all that sources of this pod pushed has come to an end, and they push no more. */
export function isPushed(plane: LeavingPlane, nowMs: number): boolean {
  return isUnpushed(plane, nowMs) && plane.inFlight() === 0;
}
