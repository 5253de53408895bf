import type { Lease } from 'kubernetes-types/coordination/v1.d.ts';
import type { KubeApi } from '../../../foundation/kubernetes/api.ts';
import { follow } from '../../../foundation/kubernetes/follow.ts';
import { LEASES } from '../../../foundation/kubernetes/resources.ts';
import { microTime } from '../../../foundation/kubernetes/time.ts';
import { ConveyorError } from '../../../foundation/errors.ts';
import type { Clock } from '../../../foundation/lifecycle/clock.ts';
import type { Component } from '../../../foundation/lifecycle/component.ts';
import { type Loop, startLoop } from '../../../foundation/lifecycle/loop.ts';
import type { Logger } from '../../../foundation/telemetry/logger.ts';
import { createOutage } from '../../../foundation/telemetry/outage.ts';
import { KEYS } from '../../../foundation/kubernetes/annotations.ts';
import { FIELD_MANAGER, MANAGED } from '../../ours.ts';

/** What a replica says that it has read, as fingerprints; '' for nothing. */
export interface Acknowledgement {
  /** The bundle in the webhook configuration. */
  readonly trusted: string;
  /** The certificate that it serves. */
  readonly served: string;
}

/** One of several injectors. */
export interface Replica {
  /** The pod's name. */
  readonly name: string;
  /** The pod's uid: its Lease goes with it. '' where it is not known: the Lease lapses. */
  readonly uid: string;
}

/** The replicas, and this one among them. */
export interface Replicas extends Component {
  /** Look again at what there is to say. */
  report(): void;
  /** What those say that live; undefined while that is not known. */
  all(): readonly Acknowledgement[] | undefined;
  onChange(listener: () => void): () => void;
}

/** Who we are and what we say. */
export interface ReplicasOptions {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly replica: Replica;
  readonly say: () => Acknowledgement;
  readonly clock: Clock;
  readonly logger: Logger;
}

const COMPONENT = { 'app.kubernetes.io/component': 'injector-replica' } as const;
const RENEW_MS = 60_000;
// a replica that cannot reach the API may still be called: a rotation waits so long for it
const LEASE_SECONDS = 600;
const RETRY_MS = 2_000;

/**
 * Each replica says in a Lease of its own what it has read. A Lease, because the injector may write those anyway and one
 * lapses by itself; an annotation on its pod would take `patch` on pods, and so the right to change their images.
 */
export function createReplicas(options: ReplicasOptions): Replicas {
  const { api, namespace, replica, say, clock } = options;
  const logger = options.logger.child('replicas');
  const name = { namespace, name: replica.name };
  const labelSelector = Object.entries({ ...MANAGED, ...COMPONENT })
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const leases = follow<Lease>({
    api,
    clock,
    logger,
    resource: LEASES,
    selection: { namespace, labelSelector },
  });
  let loop: Loop | undefined;
  const outage = createOutage(
    { logger, clock },
    { failed: 'what this replica has read is not told', over: 'what this replica has read is told' },
  );

  const renew = async (signal: AbortSignal): Promise<number> => {
    const body = leaseOf(options, say());
    await api.patch(
      LEASES,
      name,
      { type: 'apply', body, fieldManager: FIELD_MANAGER, force: true },
      {},
      signal,
    );
    outage.over();
    return RENEW_MS;
  };
  const failed = (error: ConveyorError): number => {
    outage.failed(error);
    return RETRY_MS;
  };

  return {
    name: 'replicas',
    report: () => loop?.trigger(),
    all() {
      if (!leases.synced || !leases.state().ok) return undefined;
      return [...leases.items().values()].filter((lease) => lives(lease, clock.wallTime())).map(saidIn);
    },
    onChange: (listener) => leases.onChange(() => listener()),
    async start(signal) {
      await leases.start(signal);
      loop = startLoop({ clock, tick: renew, onError: failed });
    },
    async stop(signal) {
      await loop?.stop();
      await leases.stop(signal);
      // without it a rotation waits for who has gone
      if (loop !== undefined)
        await api.delete(LEASES, name, signal).catch((error: unknown) => {
          logger.debug('the lease of this replica is left to lapse', { error: ConveyorError.from(error) });
        });
      loop = undefined;
    },
  };
}

function leaseOf({ namespace, replica, clock }: ReplicasOptions, said: Acknowledgement): Lease {
  const owner = { apiVersion: 'v1', kind: 'Pod', name: replica.name, uid: replica.uid };
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      ...{ namespace, name: replica.name, labels: { ...MANAGED, ...COMPONENT } },
      annotations: { [KEYS.trusted]: said.trusted, [KEYS.served]: said.served },
      ...(replica.uid === '' ? {} : { ownerReferences: [owner] }),
    },
    spec: {
      holderIdentity: replica.name,
      leaseDurationSeconds: LEASE_SECONDS,
      renewTime: microTime(clock.wallTime()),
    },
  };
}

function lives(
  { spec: { renewTime = '', leaseDurationSeconds = LEASE_SECONDS } = {} }: Lease,
  wallMs: number,
): boolean {
  return wallMs < Date.parse(renewTime) + leaseDurationSeconds * 1_000;
}

function saidIn({ metadata: { annotations = {} } = {} }: Lease): Acknowledgement {
  return { trusted: annotations[KEYS.trusted] ?? '', served: annotations[KEYS.served] ?? '' };
}
