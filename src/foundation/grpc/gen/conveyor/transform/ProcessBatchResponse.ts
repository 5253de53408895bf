// Generated from proto/ by `make generate`.

import type { TransformResult as _conveyor_transform_TransformResult, TransformResult__Output as _conveyor_transform_TransformResult__Output } from '../../conveyor/transform/TransformResult.ts';

export interface ProcessBatchResponse {
  'batchId'?: (string);
  'results'?: (_conveyor_transform_TransformResult)[];
}

export interface ProcessBatchResponse__Output {
  'batchId': (string);
  'results': (_conveyor_transform_TransformResult__Output)[];
}
