import type { LocalService__Output } from '../../foundation/grpc/gen/conveyor/sidecar/LocalService.ts';
import type { LocalServiceHealth__Output } from '../../foundation/grpc/gen/conveyor/sidecar/LocalServiceHealth.ts';
import type { RegisterSidecarRequest__Output } from '../../foundation/grpc/gen/conveyor/sidecar/RegisterSidecarRequest.ts';
import type { SidecarHeartbeatRequest__Output } from '../../foundation/grpc/gen/conveyor/sidecar/SidecarHeartbeatRequest.ts';
import { bounded, labels, LIMITS, required, text } from './limits.ts';
import type { HeartbeatFacts, RegistrationFacts, ServiceFacts, ServiceHealthFacts } from './ports.ts';

const TYPE = {
  SERVICE_TYPE_UNSPECIFIED: 'unspecified',
  SERVICE_TYPE_SOURCE: 'source',
  SERVICE_TYPE_TRANSFORM: 'transform',
  SERVICE_TYPE_SINK: 'sink',
} as const;

/** @throws ConveyorError INVALID_ARGUMENT when something is missing, too long or too many. */
export function readRegistration(request: RegisterSidecarRequest__Output): RegistrationFacts {
  return {
    sidecarId: required('sidecar_id', request.sidecarId),
    podName: text('pod_name', request.podName),
    namespace: text('namespace', request.namespace) || 'default',
    endpoint: text('sidecar_endpoint', request.sidecarEndpoint),
    services: readServices(request.localServices),
    labels: labels('labels', request.labels),
    version: text('version', request.version),
    instance: text('instance', request.instance),
    routesHeld: request.routesHeld,
  };
}

/** @throws ConveyorError INVALID_ARGUMENT when something is missing, too long or too many. */
export function readHeartbeat(request: SidecarHeartbeatRequest__Output): HeartbeatFacts {
  const health = bounded('service_health', request.serviceHealth, 2 * LIMITS.services);
  return {
    sidecarId: required('sidecar_id', request.sidecarId),
    registrationId: text('registration_id', request.registrationId),
    draining: request.draining,
    assignmentVersion: request.assignmentVersion,
    services: readServices(request.localServices),
    health: new Map(health.map((each) => [text('service_name', each.serviceName), readHealth(each)])),
    load: {
      cpuUsage: request.load?.cpuUsage ?? 0,
      memoryUsage: request.load?.memoryUsage ?? 0,
      activeRequests: request.load?.totalActiveRequests ?? 0,
      queueDepth: request.load?.localQueueDepth ?? 0,
    },
    // figures for people: a heartbeat is not refused for having too many
    stageTotals: request.stageStats.slice(0, LIMITS.stageTotals).map((stats) => ({
      ...stats,
      pipelineId: text('pipeline_id', stats.pipelineId),
      stageId: text('stage_id', stats.stageId),
    })),
  };
}

/** The first of a name and type stands: two of them would be one place anyway. */
function readServices(services: readonly LocalService__Output[]): ServiceFacts[] {
  const read = bounded('local_services', services, LIMITS.services).map(readService);
  const byKey = new Map(read.toReversed().map((service) => [`${service.type} ${service.name}`, service]));
  return read.filter((service) => byKey.get(`${service.type} ${service.name}`) === service);
}

function readService(service: LocalService__Output): ServiceFacts {
  return {
    name: required('service_name', service.serviceName),
    type: TYPE[service.serviceType],
    endpoint: text('local_endpoint', service.localEndpoint),
    labels: labels('labels of a service', service.labels),
    protoService: text('proto_service', service.protoService),
    maxBatchSize: service.maxBatchSize,
    maxConcurrentBatches: service.maxConcurrentBatches,
    descriptorHash: text('descriptor_hash', service.descriptorHash),
  };
}

function readHealth(health: LocalServiceHealth__Output): ServiceHealthFacts {
  const status = {
    // a sidecar without our extension has the flag alone
    HEALTH_STATUS_UNSPECIFIED: health.healthy ? 'healthy' : 'unhealthy',
    HEALTH_STATUS_HEALTHY: 'healthy',
    HEALTH_STATUS_DEGRADED: 'degraded',
    HEALTH_STATUS_UNHEALTHY: 'unhealthy',
  } as const;
  return {
    status: status[health.status],
    activeRequests: health.activeRequests,
    message: health.message.slice(0, LIMITS.messageLength),
  };
}
