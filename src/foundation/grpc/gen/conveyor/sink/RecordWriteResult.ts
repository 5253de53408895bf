// Generated from proto/ by `make generate`.

import type { RecordId as _conveyor_common_RecordId, RecordId__Output as _conveyor_common_RecordId__Output } from '../../conveyor/common/RecordId.ts';

export interface RecordWriteResult {
  'recordId'?: (_conveyor_common_RecordId | null);
  'success'?: (boolean);
  'error'?: (string);
  'retryable'?: (boolean);
}

export interface RecordWriteResult__Output {
  'recordId': (_conveyor_common_RecordId__Output | null);
  'success': (boolean);
  'error': (string);
  'retryable': (boolean);
}
