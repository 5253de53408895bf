// Generated from proto/ by `make generate`.

import type { PipelineConfig as _conveyor_router_PipelineConfig, PipelineConfig__Output as _conveyor_router_PipelineConfig__Output } from '../../conveyor/router/PipelineConfig.ts';

export interface CreatePipelineRequest {
  'config'?: (_conveyor_router_PipelineConfig | null);
}

export interface CreatePipelineRequest__Output {
  'config': (_conveyor_router_PipelineConfig__Output | null);
}
