import type { LocalService } from '../../../foundation/grpc/gen/conveyor/sidecar/LocalService.ts';
import type { RegisterSidecarRequest } from '../../../foundation/grpc/gen/conveyor/sidecar/RegisterSidecarRequest.ts';
import type { SidecarIdentity } from '../options.ts';
import type { SessionService, SessionServiceType } from '../ports.ts';

const TYPES = {
  source: 'SERVICE_TYPE_SOURCE',
  transform: 'SERVICE_TYPE_TRANSFORM',
  sink: 'SERVICE_TYPE_SINK',
} as const satisfies Record<SessionServiceType, string>;

/**
 * The name of a service at a router, which with a bare one must end in the word of its type: its peers learn the type
 * from the name alone (semantics.md, A router without our extensions).
 */
export function registeredName({ name, type }: SessionService, extensions: boolean): string {
  return extensions || name.toLowerCase().endsWith(type) ? name : `${name}-${type}`;
}

/** The services that a router is told of: a bare one knows no source without a server. */
export function registrable(
  services: readonly SessionService[],
  extensions: boolean,
): readonly SessionService[] {
  return extensions ? services : services.filter(({ endpoint }) => endpoint !== '');
}

/** The services of a registration; those of a heartbeat look alike. */
export function localServices(services: readonly SessionService[], extensions: boolean): LocalService[] {
  return registrable(services, extensions).map((service) => ({
    serviceName: registeredName(service, extensions),
    serviceType: TYPES[service.type],
    localEndpoint: service.endpoint,
    labels: { ...service.labels },
    protoService: service.protoService,
    container: service.container,
    port: service.port,
    maxBatchSize: service.maxBatchSize,
    maxConcurrentBatches: service.maxConcurrentBatches,
    descriptorHash: service.descriptorHash,
  }));
}

/** Two sets of services with the same key are the same to a router, whatever their order, health or load. */
export function servicesKey(services: readonly LocalService[]): string {
  return services
    .map((service) => JSON.stringify(service))
    .sort()
    .join('\n');
}

/** What a registration says beside who we are. */
export interface RegistrationFacts {
  /** `host:port` by which peers reach this sidecar. */
  readonly endpoint: string;
  readonly services: LocalService[];
  readonly routesHeld: boolean;
}

/** A registration; with no services it is the goodbye that every router understands. */
export function registrationRequest(
  identity: SidecarIdentity,
  { endpoint, services, routesHeld }: RegistrationFacts,
): RegisterSidecarRequest {
  return {
    sidecarId: identity.sidecarId,
    podName: identity.podName,
    namespace: identity.namespace,
    sidecarEndpoint: endpoint,
    localServices: services,
    labels: { ...identity.labels },
    version: identity.version,
    instance: identity.instance,
    routesHeld,
  };
}
