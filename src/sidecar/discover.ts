import { credentials } from '@grpc/grpc-js';
import { type DiscoverReport, discoverOnce } from './discovery/discover.ts';
import { type Candidates, candidatePorts } from './discovery/ports.ts';
import type { DiscoverConfig } from './settings.ts';

export type { DiscoverReport } from './discovery/discover.ts';

/** Where to look for services. Our own ports are no candidates. */
export function candidatesOf(config: DiscoverConfig): Candidates {
  return {
    ports: candidatePorts({
      startPort: config.discoveryStartPort,
      endPort: config.discoveryEndPort,
      extraPorts: [...config.discoveryPorts, ...Object.keys(config.serviceNames).map(Number)],
      ownPorts: [config.grpcPort, config.adminPort],
    }),
    names: new Map(Object.entries(config.serviceNames).map(([port, name]) => [Number(port), name])),
    hints: new Map(),
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
