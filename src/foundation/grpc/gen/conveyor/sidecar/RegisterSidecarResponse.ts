// Generated from proto/ by `make generate`.

import type { PipelineAssignment as _conveyor_sidecar_PipelineAssignment, PipelineAssignment__Output as _conveyor_sidecar_PipelineAssignment__Output } from '../../conveyor/sidecar/PipelineAssignment.ts';

export interface RegisterSidecarResponse {
  'success'?: (boolean);
  'error'?: (string);
  'registrationId'?: (string);
  'initialAssignments'?: (_conveyor_sidecar_PipelineAssignment)[];
  'heartbeatIntervalMs'?: (number);
  'settling'?: (boolean);
  'version'?: (string);
}

export interface RegisterSidecarResponse__Output {
  'success': (boolean);
  'error': (string);
  'registrationId': (string);
  'initialAssignments': (_conveyor_sidecar_PipelineAssignment__Output)[];
  'heartbeatIntervalMs': (number);
  'settling': (boolean);
  'version': (string);
}
