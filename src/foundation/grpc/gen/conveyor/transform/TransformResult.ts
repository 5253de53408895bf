// Generated from proto/ by `make generate`.

import type { RecordId as _conveyor_common_RecordId, RecordId__Output as _conveyor_common_RecordId__Output } from '../../conveyor/common/RecordId.ts';
import type { TransformStatus as _conveyor_transform_TransformStatus, TransformStatus__Output as _conveyor_transform_TransformStatus__Output } from '../../conveyor/transform/TransformStatus.ts';
import type { Record as _conveyor_common_Record, Record__Output as _conveyor_common_Record__Output } from '../../conveyor/common/Record.ts';

export interface TransformResult {
  'originalId'?: (_conveyor_common_RecordId | null);
  'status'?: (_conveyor_transform_TransformStatus);
  'outputRecords'?: (_conveyor_common_Record)[];
  'errorMessage'?: (string);
}

export interface TransformResult__Output {
  'originalId': (_conveyor_common_RecordId__Output | null);
  'status': (_conveyor_transform_TransformStatus__Output);
  'outputRecords': (_conveyor_common_Record__Output)[];
  'errorMessage': (string);
}
