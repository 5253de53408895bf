import type { Registry } from 'prom-client';
import type { Clock } from '../foundation/lifecycle/clock.ts';
import type { Logger } from '../foundation/telemetry/logger.ts';
import type { ReadinessCheck } from '../foundation/telemetry/readiness.ts';
import type { SessionNotice } from './cluster-client/options.ts';
import { candidatesOf } from './discover.ts';
import type { Discovery, Mismatch } from './discovery/discovery.ts';
import type { Offered } from './offered.ts';
import type { PodFacts } from './own-pod/facts.ts';
import { registrationLabels } from './own-pod/labels.ts';
import { ownPodMetrics } from './own-pod/metrics.ts';
import type { FollowedPod } from './own-pod/own-pod.ts';
import type { PodEvent } from './own-pod/reach.ts';
import { isDegraded, type Standing } from './own-pod/standing.ts';
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

/** Whether the API is asked about the own pod: in a pod, with a kubeconfig, or when told so. */
function isFollowed({ kubernetes, kubernetesHost, kubeconfigFile }: SidecarConfig): boolean {
  return kubernetes === 'on' || (kubernetes === 'auto' && (kubernetesHost !== '' || kubeconfigFile !== ''));
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
  if (!isFollowed(config)) return unfollowed(config);
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

/** Without the API the sidecar works with less, and is ready all the same. */
export function podCheck(pod: PodView): ReadinessCheck {
  return {
    name: 'kubernetes',
    check() {
      const standing = pod.standing();
      return isDegraded(standing) ? { ok: true, degraded: standing.reason } : { ok: true };
    },
  };
}

/** The pod, as `/statusz` shows it. */
export function podStatus(pod: PodView): object {
  const { kind, reason }: Standing = pod.standing();
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

/** What of the session is worth an Event on the pod. */
export function sessionEvent(notice: SessionNotice): PodEvent {
  switch (notice.kind) {
    case 'registered':
      return {
        ...{ type: 'Normal', reason: 'Registered', action: 'Register' },
        message: `registered with the router ${notice.address}`,
      };
    case 'out-of-reach':
      return {
        ...{ type: 'Warning', reason: 'RouterOutOfReach', action: 'Register' },
        message: `the router ${notice.address} is out of reach, routes stay as they are: ${notice.reason}`,
      };
    case 'assigned':
      return {
        ...{ type: 'Normal', reason: 'PipelineAssigned', action: 'Route' },
        message: `runs stages of ${notice.pipelines.join(', ')}`,
      };
    case 'revoked':
      return {
        ...{ type: 'Normal', reason: 'PipelineRevoked', action: 'Route' },
        message: `runs no stage of ${notice.pipelines.join(', ')} any more`,
      };
  }
}

/** A service that is not as the contract has it is worth an Event: nothing will be routed to it. */
export function mismatchEvent({ port, protoService, differences }: Mismatch): PodEvent {
  return {
    ...{ type: 'Warning', reason: 'ContractMismatch', action: 'Discover' },
    message: `port ${port}, ${protoService}: ${differences.join('; ')}`,
  };
}
