// Generated from proto/ by `make generate`.

import type { RecordBatch as _conveyor_common_RecordBatch, RecordBatch__Output as _conveyor_common_RecordBatch__Output } from '../../conveyor/common/RecordBatch.ts';

export interface ProcessBatchRequest {
  'transformId'?: (string);
  'inputBatch'?: (_conveyor_common_RecordBatch | null);
  'transformConfig'?: ({[key: string]: string});
}

export interface ProcessBatchRequest__Output {
  'transformId': (string);
  'inputBatch': (_conveyor_common_RecordBatch__Output | null);
  'transformConfig': ({[key: string]: string});
}
