// Generated from proto/ by `make generate`.

import type { Record as _conveyor_common_Record, Record__Output as _conveyor_common_Record__Output } from '../../conveyor/common/Record.ts';
import type { Watermark as _conveyor_common_Watermark, Watermark__Output as _conveyor_common_Watermark__Output } from '../../conveyor/common/Watermark.ts';

export interface RecordBatch {
  'batchId'?: (string);
  'records'?: (_conveyor_common_Record)[];
  'watermark'?: (_conveyor_common_Watermark | null);
}

export interface RecordBatch__Output {
  'batchId': (string);
  'records': (_conveyor_common_Record__Output)[];
  'watermark': (_conveyor_common_Watermark__Output | null);
}
