// Generated from proto/ by `make generate`.

import type { RemoteSidecar as _conveyor_sidecar_RemoteSidecar, RemoteSidecar__Output as _conveyor_sidecar_RemoteSidecar__Output } from '../../conveyor/sidecar/RemoteSidecar.ts';
import type { ServiceType as _conveyor_sidecar_ServiceType, ServiceType__Output as _conveyor_sidecar_ServiceType__Output } from '../../conveyor/sidecar/ServiceType.ts';
import type { LoadBalanceStrategy as _conveyor_router_LoadBalanceStrategy, LoadBalanceStrategy__Output as _conveyor_router_LoadBalanceStrategy__Output } from '../../conveyor/router/LoadBalanceStrategy.ts';

export interface StageAssignment {
  'stageId'?: (string);
  'localEndpoint'?: (string);
  'remoteSidecar'?: (_conveyor_sidecar_RemoteSidecar | null);
  'serviceName'?: (string);
  'serviceType'?: (_conveyor_sidecar_ServiceType);
  'config'?: ({[key: string]: string});
  'replicas'?: (_conveyor_sidecar_RemoteSidecar)[];
  'loadBalance'?: (_conveyor_router_LoadBalanceStrategy);
  'maxBatchSize'?: (number);
  'maxConcurrentBatches'?: (number);
  'target'?: "localEndpoint"|"remoteSidecar";
}

export interface StageAssignment__Output {
  'stageId': (string);
  'localEndpoint'?: (string);
  'remoteSidecar'?: (_conveyor_sidecar_RemoteSidecar__Output | null);
  'serviceName': (string);
  'serviceType': (_conveyor_sidecar_ServiceType__Output);
  'config': ({[key: string]: string});
  'replicas': (_conveyor_sidecar_RemoteSidecar__Output)[];
  'loadBalance': (_conveyor_router_LoadBalanceStrategy__Output);
  'maxBatchSize': (number);
  'maxConcurrentBatches': (number);
  'target'?: "localEndpoint"|"remoteSidecar";
}
