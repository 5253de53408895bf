// Generated from proto/ by `make generate`.

import type { ServiceType as _conveyor_sidecar_ServiceType, ServiceType__Output as _conveyor_sidecar_ServiceType__Output } from '../../conveyor/sidecar/ServiceType.ts';

export interface LocalService {
  'serviceName'?: (string);
  'serviceType'?: (_conveyor_sidecar_ServiceType);
  'localEndpoint'?: (string);
  'labels'?: ({[key: string]: string});
  'protoService'?: (string);
  'container'?: (string);
  'port'?: (number);
  'maxBatchSize'?: (number);
  'maxConcurrentBatches'?: (number);
  'descriptorHash'?: (string);
}

export interface LocalService__Output {
  'serviceName': (string);
  'serviceType': (_conveyor_sidecar_ServiceType__Output);
  'localEndpoint': (string);
  'labels': ({[key: string]: string});
  'protoService': (string);
  'container': (string);
  'port': (number);
  'maxBatchSize': (number);
  'maxConcurrentBatches': (number);
  'descriptorHash': (string);
}
