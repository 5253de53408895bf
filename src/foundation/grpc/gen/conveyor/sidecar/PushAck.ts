// Generated from proto/ by `make generate`.

import type { RecordAck as _conveyor_sidecar_RecordAck, RecordAck__Output as _conveyor_sidecar_RecordAck__Output } from '../../conveyor/sidecar/RecordAck.ts';

export interface PushAck {
  'batchId'?: (string);
  'success'?: (boolean);
  'recordAcks'?: (_conveyor_sidecar_RecordAck)[];
}

export interface PushAck__Output {
  'batchId': (string);
  'success': (boolean);
  'recordAcks': (_conveyor_sidecar_RecordAck__Output)[];
}
