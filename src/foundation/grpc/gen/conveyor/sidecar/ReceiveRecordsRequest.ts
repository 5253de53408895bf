// Generated from proto/ by `make generate`.

import type { RecordBatch as _conveyor_common_RecordBatch, RecordBatch__Output as _conveyor_common_RecordBatch__Output } from '../../conveyor/common/RecordBatch.ts';

export interface ReceiveRecordsRequest {
  'pipelineId'?: (string);
  'stageId'?: (string);
  'sourceSidecarId'?: (string);
  'batch'?: (_conveyor_common_RecordBatch | null);
}

export interface ReceiveRecordsRequest__Output {
  'pipelineId': (string);
  'stageId': (string);
  'sourceSidecarId': (string);
  'batch': (_conveyor_common_RecordBatch__Output | null);
}
