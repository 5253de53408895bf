import type { LocalServices, SessionService } from './cluster-client/ports.ts';
import type { Sources } from './data-plane/door/sources.ts';
import type { LocalService } from './discovery/tracking/local-service.ts';

/** What the router is told of this pod: the services that were found, and the sources that push without a server. */
export interface SessionServiceOptions {
  readonly registry: {
    services(): readonly LocalService[];
    onChange(listener: () => void): () => void;
  };
  readonly sources: Sources;
  readonly activeRequests: (service: LocalService) => number;
}

/** A source without a server, by what it says on PushRecords. */
function pushingSource(name: string): SessionService {
  return {
    name,
    type: 'source',
    endpoint: '',
    protoService: '',
    container: '',
    port: 0,
    maxBatchSize: 0,
    maxConcurrentBatches: 0,
    descriptorHash: '',
    health: 'healthy',
    healthMessage: '',
    activeRequests: 0,
    labels: {},
  };
}

/** Joins discovery and the sources of the data plane for the session. */
export function sessionServices({ registry, sources, activeRequests }: SessionServiceOptions): LocalServices {
  return {
    current() {
      const found = registry.services();
      const names = new Set(found.map(({ name }) => name));
      return [
        ...found.map((service) => ({ ...service, activeRequests: activeRequests(service), labels: {} })),
        ...sources
          .current()
          .filter((id) => !names.has(id))
          .map(pushingSource),
      ];
    },
    onChange(listener) {
      const ends = [registry.onChange(listener), sources.onChange(listener)];
      return () => ends.forEach((end) => end());
    },
  };
}
