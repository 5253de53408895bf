// Generated from proto/ by `make generate`.

import type { RecordAck as _conveyor_sidecar_RecordAck, RecordAck__Output as _conveyor_sidecar_RecordAck__Output } from '../../conveyor/sidecar/RecordAck.ts';

export interface ReceiveRecordsResponse {
  'success'?: (boolean);
  'error'?: (string);
  'recordAcks'?: (_conveyor_sidecar_RecordAck)[];
}

export interface ReceiveRecordsResponse__Output {
  'success': (boolean);
  'error': (string);
  'recordAcks': (_conveyor_sidecar_RecordAck__Output)[];
}
