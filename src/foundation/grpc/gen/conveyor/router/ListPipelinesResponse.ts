// Generated from proto/ by `make generate`.

import type { PipelineConfig as _conveyor_router_PipelineConfig, PipelineConfig__Output as _conveyor_router_PipelineConfig__Output } from '../../conveyor/router/PipelineConfig.ts';

export interface ListPipelinesResponse {
  'pipelines'?: (_conveyor_router_PipelineConfig)[];
}

export interface ListPipelinesResponse__Output {
  'pipelines': (_conveyor_router_PipelineConfig__Output)[];
}
