// Generated from proto/ by `make generate`.

import type { WriteStatus as _conveyor_sink_WriteStatus, WriteStatus__Output as _conveyor_sink_WriteStatus__Output } from '../../conveyor/sink/WriteStatus.ts';
import type { RecordWriteResult as _conveyor_sink_RecordWriteResult, RecordWriteResult__Output as _conveyor_sink_RecordWriteResult__Output } from '../../conveyor/sink/RecordWriteResult.ts';

export interface WriteBatchResponse {
  'batchId'?: (string);
  'status'?: (_conveyor_sink_WriteStatus);
  'results'?: (_conveyor_sink_RecordWriteResult)[];
}

export interface WriteBatchResponse__Output {
  'batchId': (string);
  'status': (_conveyor_sink_WriteStatus__Output);
  'results': (_conveyor_sink_RecordWriteResult__Output)[];
}
