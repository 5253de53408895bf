// Generated from proto/ by `make generate`.

import type { EventType as _conveyor_sidecar_EventType, EventType__Output as _conveyor_sidecar_EventType__Output } from '../../conveyor/sidecar/EventType.ts';
import type { PipelineAssignment as _conveyor_sidecar_PipelineAssignment, PipelineAssignment__Output as _conveyor_sidecar_PipelineAssignment__Output } from '../../conveyor/sidecar/PipelineAssignment.ts';

export interface PipelineAssignmentEvent {
  'eventType'?: (_conveyor_sidecar_EventType);
  'assignment'?: (_conveyor_sidecar_PipelineAssignment | null);
  'synced'?: (boolean);
}

export interface PipelineAssignmentEvent__Output {
  'eventType': (_conveyor_sidecar_EventType__Output);
  'assignment': (_conveyor_sidecar_PipelineAssignment__Output | null);
  'synced': (boolean);
}
