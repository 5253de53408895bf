// Generated from proto/ by `make generate`.

import type { LocalService as _conveyor_sidecar_LocalService, LocalService__Output as _conveyor_sidecar_LocalService__Output } from '../../conveyor/sidecar/LocalService.ts';

export interface RegisterSidecarRequest {
  'sidecarId'?: (string);
  'podName'?: (string);
  'namespace'?: (string);
  'sidecarEndpoint'?: (string);
  'localServices'?: (_conveyor_sidecar_LocalService)[];
  'labels'?: ({[key: string]: string});
  'version'?: (string);
  'instance'?: (string);
  'routesHeld'?: (boolean);
}

export interface RegisterSidecarRequest__Output {
  'sidecarId': (string);
  'podName': (string);
  'namespace': (string);
  'sidecarEndpoint': (string);
  'localServices': (_conveyor_sidecar_LocalService__Output)[];
  'labels': ({[key: string]: string});
  'version': (string);
  'instance': (string);
  'routesHeld': (boolean);
}
