import type { Registry } from 'prom-client';
import { inCluster } from '../foundation/kubernetes/settings.ts';
import type { Clock } from '../foundation/lifecycle/clock.ts';
import type { Logger } from '../foundation/telemetry/logger.ts';
import { candidatesOf } from './discover.ts';
import type { Discovery } from './discovery/discovery.ts';
import type { Offered } from './offered.ts';
import { registrationLabels } from './own-pod/labels/labels.ts';
import { ownPodMetrics } from './own-pod/metrics.ts';
import type { FollowedPod } from './own-pod/own-pod.ts';
import type { SidecarConfig } from './settings.ts';

/** The own pod, or what stands for it where Kubernetes is not used. */
export type PodView = Omit<FollowedPod, 'reconsider'>;

/** What a view of the own pod is made of. */
export interface PodParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly discovery: Discovery;
  readonly offered: Offered;
  /** The sidecar is to end. */
  readonly ending: () => boolean;
}

/** The own pod as far as the configuration tells. */
function unfollowed({ labels: configured, nodeName, serviceAccount }: SidecarConfig): PodView {
  const downward = { nodeName, serviceAccount };
  const labels = registrationLabels({ configured, downward, facts: undefined, zone: '' });
  return {
    name: 'own pod',
    facts: () => undefined,
    onChange: () => () => undefined,
    labels: () => labels,
    onLabels: () => () => undefined,
    standing: () => ({ kind: 'off', reason: '' }),
    record: () => undefined,
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
}

/** Makes the view of the own pod. Only where it is followed anything of Kubernetes is loaded. */
export async function openPod(config: SidecarConfig, parts: PodParts): Promise<PodView> {
  const metrics = ownPodMetrics(parts.registry);
  if (!inCluster(config)) return unfollowed(config);
  const { createOwnPod } = await import('./own-pod/own-pod.ts');
  const { discovery, offered, ending, clock } = parts;
  const logger = parts.logger.child('own-pod');
  const { namespace, podName, podUid, containerName, grpcPort, adminPort } = config;
  const pod = createOwnPod({
    self: { namespace, podName, podUid, containerName, ownPorts: [grpcPort, adminPort] },
    kubeconfig: config.kubeconfigFile,
    downward: config,
    configured: config.labels,
    around: {
      look: (where) => discovery.setCandidates(candidatesOf(config, where)),
      renew: (match) => discovery.renew(match),
      answering: () => answering(discovery),
      withhold: (rule) => offered.withhold('own-pod', rule),
      ending,
    },
    alwaysScan: config.discoveryScan === 'always',
    ...{ clock, logger, metrics },
  });
  discovery.registry.onChange(() => pod.reconsider());
  return pod;
}

/** Ports at which stages were found. */
function answering({ registry }: Discovery): ReadonlySet<number> {
  const tracks = [...registry.tracks()].filter(([, { services }]) => services.length > 0);
  return new Set(tracks.map(([port]) => port));
}
