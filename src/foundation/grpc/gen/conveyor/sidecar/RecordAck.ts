// Generated from proto/ by `make generate`.

import type { RecordId as _conveyor_common_RecordId, RecordId__Output as _conveyor_common_RecordId__Output } from '../../conveyor/common/RecordId.ts';
import type { AckStatus as _conveyor_sidecar_AckStatus, AckStatus__Output as _conveyor_sidecar_AckStatus__Output } from '../../conveyor/sidecar/AckStatus.ts';

export interface RecordAck {
  'recordId'?: (_conveyor_common_RecordId | null);
  'status'?: (_conveyor_sidecar_AckStatus);
  'error'?: (string);
  'code'?: (string);
}

export interface RecordAck__Output {
  'recordId': (_conveyor_common_RecordId__Output | null);
  'status': (_conveyor_sidecar_AckStatus__Output);
  'error': (string);
  'code': (string);
}
