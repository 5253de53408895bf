// Generated from proto/ by `make generate`.

import type { StreamReady as _conveyor_transform_StreamReady, StreamReady__Output as _conveyor_transform_StreamReady__Output } from '../../conveyor/transform/StreamReady.ts';
import type { TransformResult as _conveyor_transform_TransformResult, TransformResult__Output as _conveyor_transform_TransformResult__Output } from '../../conveyor/transform/TransformResult.ts';
import type { StreamCompleted as _conveyor_transform_StreamCompleted, StreamCompleted__Output as _conveyor_transform_StreamCompleted__Output } from '../../conveyor/transform/StreamCompleted.ts';

export interface ProcessStreamResponse {
  'ready'?: (_conveyor_transform_StreamReady | null);
  'result'?: (_conveyor_transform_TransformResult | null);
  'completed'?: (_conveyor_transform_StreamCompleted | null);
  'msg'?: "ready"|"result"|"completed";
}

export interface ProcessStreamResponse__Output {
  'ready'?: (_conveyor_transform_StreamReady__Output | null);
  'result'?: (_conveyor_transform_TransformResult__Output | null);
  'completed'?: (_conveyor_transform_StreamCompleted__Output | null);
  'msg'?: "ready"|"result"|"completed";
}
