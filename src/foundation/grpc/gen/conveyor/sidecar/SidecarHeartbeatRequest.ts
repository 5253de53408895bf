// Generated from proto/ by `make generate`.

import type { LocalServiceHealth as _conveyor_sidecar_LocalServiceHealth, LocalServiceHealth__Output as _conveyor_sidecar_LocalServiceHealth__Output } from '../../conveyor/sidecar/LocalServiceHealth.ts';
import type { SidecarLoad as _conveyor_sidecar_SidecarLoad, SidecarLoad__Output as _conveyor_sidecar_SidecarLoad__Output } from '../../conveyor/sidecar/SidecarLoad.ts';
import type { LocalService as _conveyor_sidecar_LocalService, LocalService__Output as _conveyor_sidecar_LocalService__Output } from '../../conveyor/sidecar/LocalService.ts';
import type { StageStats as _conveyor_sidecar_StageStats, StageStats__Output as _conveyor_sidecar_StageStats__Output } from '../../conveyor/sidecar/StageStats.ts';
import type { Long } from '@grpc/proto-loader';

export interface SidecarHeartbeatRequest {
  'sidecarId'?: (string);
  'serviceHealth'?: (_conveyor_sidecar_LocalServiceHealth)[];
  'load'?: (_conveyor_sidecar_SidecarLoad | null);
  'registrationId'?: (string);
  'draining'?: (boolean);
  'assignmentVersion'?: (number | string | Long);
  'localServices'?: (_conveyor_sidecar_LocalService)[];
  'stageStats'?: (_conveyor_sidecar_StageStats)[];
}

export interface SidecarHeartbeatRequest__Output {
  'sidecarId': (string);
  'serviceHealth': (_conveyor_sidecar_LocalServiceHealth__Output)[];
  'load': (_conveyor_sidecar_SidecarLoad__Output | null);
  'registrationId': (string);
  'draining': (boolean);
  'assignmentVersion': (number);
  'localServices': (_conveyor_sidecar_LocalService__Output)[];
  'stageStats': (_conveyor_sidecar_StageStats__Output)[];
}
