import type { PodView } from './join-own-pod.ts';
import type { PodFacts } from './own-pod/facts/facts.ts';

/** The pod, as `/statusz` shows it. */
export function podStatus(pod: PodView): object {
  const { kind, reason } = pod.standing();
  return { state: kind, reason, labels: pod.labels(), ...factsStatus(pod.facts()) };
}

function factsStatus(facts: PodFacts | undefined): object {
  if (facts === undefined) return {};
  const { uid, native, self, gracePeriodMs, restartPolicy, deletion, node, serviceAccount, owner } = facts;
  return {
    ...{ uid, native, container: self, gracePeriodMs, restartPolicy, node, serviceAccount },
    owner: owner === undefined ? null : `${owner.kind}/${owner.name}`,
    deletion: deletion === undefined ? null : new Date(deletion.atWallMs).toISOString(),
    containers: [...facts.containers.values()].map(({ ports, ...container }) => ({
      ...container,
      ports: ports.map(({ number }) => number),
    })),
  };
}
