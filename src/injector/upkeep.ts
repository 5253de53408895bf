import { randomUUID } from 'node:crypto';
import type { Registry } from 'prom-client';
import type { KubeApi } from '../foundation/kubernetes/api.ts';
import { createLeader } from '../foundation/kubernetes/leader.ts';
import type { Clock } from '../foundation/lifecycle/clock.ts';
import { type Component, group } from '../foundation/lifecycle/component.ts';
import type { Logger } from '../foundation/telemetry/logger.ts';
import { createCertificates, type InjectorCertificates } from './certificates/certificates.ts';
import { createNamespaces } from './namespaces/namespaces.ts';
import type { InjectorConfig } from './settings.ts';

/** What the upkeep is made with. */
export interface UpkeepOptions {
  readonly config: InjectorConfig;
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** What the injector keeps in order in the cluster beside its webhook. */
export interface Upkeep extends Component {
  readonly certificates: InjectorCertificates;
  /** For people. */
  status(): object;
}

/** The election, and the two loops of who wins it: certificates, and what sidecars need in their namespaces. */
export function createUpkeep({ config, ...parts }: UpkeepOptions): Upkeep {
  const { systemNamespace: namespace, excludedNamespaces, podName, podUid } = config;
  const leader = createLeader({
    ...parts,
    namespace,
    name: 'conveyor-injector',
    identity: `${podName}_${randomUUID()}`,
  });
  const namespaces = createNamespaces({
    ...parts,
    leader,
    systemNamespaces: [namespace, ...excludedNamespaces],
    manageRbac: config.manageRbac === 'on',
  });
  const certificates = createCertificates({
    ...{ ...parts, config, namespace, leader, places: [namespaces] },
    replica: { name: podName, uid: podUid },
  });
  return {
    // the election is last to start and first to end: who leads no more has time to let go
    ...group('upkeep', [namespaces, certificates, leader]),
    certificates,
    status: () => ({ leader: leader.holder(), leads: leader.leading(), certificates: certificates.status() }),
  };
}
