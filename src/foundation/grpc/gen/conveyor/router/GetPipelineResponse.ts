// Generated from proto/ by `make generate`.

import type { PipelineConfig as _conveyor_router_PipelineConfig, PipelineConfig__Output as _conveyor_router_PipelineConfig__Output } from '../../conveyor/router/PipelineConfig.ts';
import type { PipelineStatus as _conveyor_router_PipelineStatus, PipelineStatus__Output as _conveyor_router_PipelineStatus__Output } from '../../conveyor/router/PipelineStatus.ts';

export interface GetPipelineResponse {
  'found'?: (boolean);
  'config'?: (_conveyor_router_PipelineConfig | null);
  'status'?: (_conveyor_router_PipelineStatus | null);
}

export interface GetPipelineResponse__Output {
  'found': (boolean);
  'config': (_conveyor_router_PipelineConfig__Output | null);
  'status': (_conveyor_router_PipelineStatus__Output | null);
}
