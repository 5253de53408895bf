// Generated from proto/ by `make generate`.

import type { PipelineConfig as _conveyor_router_PipelineConfig, PipelineConfig__Output as _conveyor_router_PipelineConfig__Output } from '../../conveyor/router/PipelineConfig.ts';

export interface UpdatePipelineRequest {
  'pipelineId'?: (string);
  'config'?: (_conveyor_router_PipelineConfig | null);
}

export interface UpdatePipelineRequest__Output {
  'pipelineId': (string);
  'config': (_conveyor_router_PipelineConfig__Output | null);
}
