import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import { ConveyorError } from '../../foundation/errors.ts';
import { KEYS } from '../../foundation/kubernetes/annotations.ts';
import type { KubeApi } from '../../foundation/kubernetes/api.ts';
import { createController } from '../../foundation/kubernetes/controller.ts';
import { follow } from '../../foundation/kubernetes/follow.ts';
import { createLeader, type LeaderTimings } from '../../foundation/kubernetes/leader.ts';
import { PODS } from '../../foundation/kubernetes/resources.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import { type Component, group } from '../../foundation/lifecycle/component.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import type { Leadership } from '../terms.ts';

/** The Lease of the routers. */
const LEASE = 'conveyor-router';

/** What an election needs. */
export interface LeadershipOptions {
  readonly api: KubeApi;
  /** Of the Lease and of the pods. */
  readonly namespace: string;
  /** This replica's pod; '' outside of a pod, where nothing is labelled. */
  readonly podName: string;
  /** New at every start. */
  readonly instance: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timings?: Partial<LeaderTimings>;
}

/**
 * One of the replicas leads, by a Lease. Its pod alone has the label by which the Service selects: the leader takes it
 * from all others, as one that was killed cannot, and a replica that starts from itself.
 */
export function createLeadership(options: LeadershipOptions): Leadership & Component {
  const { api, namespace, podName, instance, clock, logger } = options;
  const identity = `${podName === '' ? 'router' : podName}_${instance.slice(0, 8)}`;
  const leader = createLeader({ ...options, name: LEASE, identity });
  const labelled = follow<Pod>({
    ...{ api, clock, logger, resource: PODS },
    selection: { namespace, labelSelector: `${KEYS.leader}=true` },
  });
  const labels = createController({
    name: 'leader-label',
    clock,
    logger,
    async reconcile(_key, signal) {
      if (!labelled.synced) return undefined;
      const names = [...labelled.items().values()].map(({ metadata }) => metadata?.name ?? '');
      await label(api, { namespace, podName, leads: leader.leading(), labelled: names }, signal);
      return undefined;
    },
  });
  leader.onChange(() => labels.enqueue(podName));
  labelled.onChange(() => labels.enqueue(podName));
  const parts = group('leadership', podName === '' ? [leader] : [labelled, leader, labels]);
  return {
    ...parts,
    leading: () => leader.leading(),
    // the pod, without what is new at every start
    holder: () => leader.holder().replace(/_[^_]*$/, ''),
    onChange: (listener) => leader.onChange(() => listener()),
  };
}

interface Replica {
  readonly namespace: string;
  readonly podName: string;
  readonly leads: boolean;
  /** Names of the pods that have the label. */
  readonly labelled: readonly string[];
}

async function label(
  api: KubeApi,
  { namespace, podName, leads, labelled }: Replica,
  signal: AbortSignal,
): Promise<void> {
  const set = (name: string, value: 'true' | null): Promise<unknown> => {
    const body = { metadata: { labels: { [KEYS.leader]: value } } };
    return api.patch(PODS, { namespace, name }, { type: 'merge', body }, {}, signal);
  };
  if (leads && !labelled.includes(podName)) await set(podName, 'true');
  for (const name of labelled) {
    // a follower takes the label from itself alone: whose it is, the leader knows
    if (leads ? name !== podName : name === podName) await set(name, null).catch(unlessGone);
  }
}

function unlessGone(thrown: unknown): void {
  if (ConveyorError.from(thrown).code !== 'NOT_FOUND') throw thrown;
}
