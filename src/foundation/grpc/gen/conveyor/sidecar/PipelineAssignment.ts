// Generated from proto/ by `make generate`.

import type { StageAssignment as _conveyor_sidecar_StageAssignment, StageAssignment__Output as _conveyor_sidecar_StageAssignment__Output } from '../../conveyor/sidecar/StageAssignment.ts';
import type { Edge as _conveyor_router_Edge, Edge__Output as _conveyor_router_Edge__Output } from '../../conveyor/router/Edge.ts';
import type { DeadLetter as _conveyor_sidecar_DeadLetter, DeadLetter__Output as _conveyor_sidecar_DeadLetter__Output } from '../../conveyor/sidecar/DeadLetter.ts';
import type { Ordering as _conveyor_sidecar_Ordering, Ordering__Output as _conveyor_sidecar_Ordering__Output } from '../../conveyor/sidecar/Ordering.ts';
import type { Long } from '@grpc/proto-loader';

export interface PipelineAssignment {
  'pipelineId'?: (string);
  'isLocalComplete'?: (boolean);
  'stages'?: (_conveyor_sidecar_StageAssignment)[];
  'version'?: (number | string | Long);
  'edges'?: (_conveyor_router_Edge)[];
  'deadLetter'?: (_conveyor_sidecar_DeadLetter | null);
  'ordering'?: (_conveyor_sidecar_Ordering);
  'sourceStageIds'?: (string)[];
  'generation'?: (number | string | Long);
}

export interface PipelineAssignment__Output {
  'pipelineId': (string);
  'isLocalComplete': (boolean);
  'stages': (_conveyor_sidecar_StageAssignment__Output)[];
  'version': (number);
  'edges': (_conveyor_router_Edge__Output)[];
  'deadLetter': (_conveyor_sidecar_DeadLetter__Output | null);
  'ordering': (_conveyor_sidecar_Ordering__Output);
  'sourceStageIds': (string)[];
  'generation': (number);
}
