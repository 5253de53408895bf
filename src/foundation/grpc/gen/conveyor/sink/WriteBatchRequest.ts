// Generated from proto/ by `make generate`.

import type { RecordBatch as _conveyor_common_RecordBatch, RecordBatch__Output as _conveyor_common_RecordBatch__Output } from '../../conveyor/common/RecordBatch.ts';
import type { WriteOptions as _conveyor_sink_WriteOptions, WriteOptions__Output as _conveyor_sink_WriteOptions__Output } from '../../conveyor/sink/WriteOptions.ts';

export interface WriteBatchRequest {
  'sinkId'?: (string);
  'batch'?: (_conveyor_common_RecordBatch | null);
  'options'?: (_conveyor_sink_WriteOptions | null);
}

export interface WriteBatchRequest__Output {
  'sinkId': (string);
  'batch': (_conveyor_common_RecordBatch__Output | null);
  'options': (_conveyor_sink_WriteOptions__Output | null);
}
