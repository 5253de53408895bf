import { credentials } from '@grpc/grpc-js';
import { type DiscoverReport, discoverOnce } from './discovery/discover.ts';
import { type Candidates, candidatePorts } from './discovery/ports.ts';
import type { DiscoverConfig } from './settings.ts';

export type { DiscoverReport } from './discovery/discover.ts';

/** What a pod says of its ports. */
export interface PodPorts extends Pick<Candidates, 'ports' | 'hints'> {
  /** The configured range is to be scanned as well. */
  readonly range: boolean;
}

const UNKNOWN_POD: PodPorts = { ports: [], range: true, hints: new Map() };

/** Where to look for services. Our own ports are no candidates. */
export function candidatesOf(config: DiscoverConfig, pod: PodPorts = UNKNOWN_POD): Candidates {
  const { discoveryStartPort: startPort, discoveryEndPort, discoveryPorts, serviceNames } = config;
  return {
    ports: candidatePorts({
      startPort,
      // one that ends before it begins is empty
      endPort: pod.range ? discoveryEndPort : startPort - 1,
      extraPorts: [...discoveryPorts, ...Object.keys(serviceNames).map(Number), ...pod.ports],
      ownPorts: [config.grpcPort, config.adminPort],
    }),
    names: new Map(Object.entries(serviceNames).map(([port, name]) => [Number(port), name])),
    hints: pod.hints,
  };
}

/** Scans once, as a running sidecar with this config would. */
export function discover(config: DiscoverConfig, signal: AbortSignal): Promise<DiscoverReport> {
  return discoverOnce({
    candidates: candidatesOf(config),
    credentials: credentials.createInsecure(),
    timeoutMs: config.discoveryProbeTimeoutMs,
    signal,
  });
}
