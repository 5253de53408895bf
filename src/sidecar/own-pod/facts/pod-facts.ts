import type { Container, ContainerStatus, Pod } from 'kubernetes-types/core/v1.d.ts';
import type { ContainerFacts, PodFacts } from './facts.ts';
import { findSelf, type Member, membersOf, type Self } from './self.ts';

/** `terminationGracePeriodSeconds` where the pod does not tell. */
const DEFAULT_GRACE_SECONDS = 30;

const POLICIES = ['Always', 'OnFailure', 'Never'] as const;
type RestartPolicy = (typeof POLICIES)[number];

/**
 * What a pod says, as far as the sidecar acts on it; undefined for a pod without a spec, or with another uid than ours
 * (a StatefulSet's next pod has the same name). Pure.
 */
export function podFacts(pod: Pod, self: Self): PodFacts | undefined {
  const { metadata = {}, spec, status = {} } = pod;
  const { uid = '', labels = {}, ownerReferences = [] } = metadata;
  if (spec === undefined || (self.podUid !== '' && uid !== self.podUid)) return undefined;
  const own = findSelf(pod, self);
  const members = membersOf(spec);
  const restartPolicy = POLICIES.find((each) => each === spec.restartPolicy) ?? 'Always';
  const statuses = new Map(
    [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].map((each) => [
      each.name,
      each,
    ]),
  );
  const others = members.filter(({ container }) => container.name !== own);
  const owner = ownerReferences.find(({ controller }) => controller === true);
  return {
    uid,
    native: members.some(({ container, sidecar }) => sidecar && container.name === own),
    self: own,
    gracePeriodMs: (spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * 1_000,
    restartPolicy,
    deletion: deletionOf(pod),
    containers: new Map(
      others.map((member) => {
        const { name } = member.container;
        return [name, containerFacts(member, statuses.get(name), restartPolicy)];
      }),
    ),
    labels,
    node: spec.nodeName ?? '',
    serviceAccount: spec.serviceAccountName ?? '',
    owner: owner === undefined ? undefined : { kind: owner.kind, name: owner.name },
  };
}

function deletionOf({ metadata = {}, spec }: Pod): PodFacts['deletion'] {
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  const atWallMs = Date.parse(deletionTimestamp ?? '');
  if (Number.isNaN(atWallMs)) return undefined;
  const seconds = deletionGracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  return { atWallMs, graceMs: seconds * 1_000 };
}

function containerFacts(
  { container, sidecar }: Member,
  status: ContainerStatus | undefined,
  restartPolicy: RestartPolicy,
): ContainerFacts {
  const { running, terminated } = status?.state ?? {};
  const state = running !== undefined ? 'running' : terminated !== undefined ? 'terminated' : 'waiting';
  // since 1.34 a container may have a policy of its own (KEP-5307)
  const policy = container.restartPolicy ?? restartPolicy;
  const isFinal = policy === 'Never' || (policy === 'OnFailure' && terminated?.exitCode === 0);
  return {
    name: container.name,
    sidecar,
    state,
    ended: state === 'terminated' && !sidecar && isFinal,
    ready: status?.ready ?? false,
    // until a startup probe has succeeded a container is not ready either
    hasReadinessProbe: container.readinessProbe !== undefined || container.startupProbe !== undefined,
    restarts: status?.restartCount ?? 0,
    ports: portsOf(container),
    startedAt: running?.startedAt ?? '',
  };
}

function portsOf({ ports = [] }: Container): ContainerFacts['ports'] {
  return ports
    .filter(({ protocol = 'TCP' }) => protocol === 'TCP')
    .map(({ containerPort, name = '' }) => ({ number: containerPort, name }));
}
