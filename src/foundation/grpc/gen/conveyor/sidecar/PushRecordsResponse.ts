// Generated from proto/ by `make generate`.

import type { PushAck as _conveyor_sidecar_PushAck, PushAck__Output as _conveyor_sidecar_PushAck__Output } from '../../conveyor/sidecar/PushAck.ts';
import type { PushBackpressure as _conveyor_sidecar_PushBackpressure, PushBackpressure__Output as _conveyor_sidecar_PushBackpressure__Output } from '../../conveyor/sidecar/PushBackpressure.ts';
import type { PushCredits as _conveyor_sidecar_PushCredits, PushCredits__Output as _conveyor_sidecar_PushCredits__Output } from '../../conveyor/sidecar/PushCredits.ts';

export interface PushRecordsResponse {
  'ack'?: (_conveyor_sidecar_PushAck | null);
  'backpressure'?: (_conveyor_sidecar_PushBackpressure | null);
  'credits'?: (_conveyor_sidecar_PushCredits | null);
  'msg'?: "ack"|"backpressure"|"credits";
}

export interface PushRecordsResponse__Output {
  'ack'?: (_conveyor_sidecar_PushAck__Output | null);
  'backpressure'?: (_conveyor_sidecar_PushBackpressure__Output | null);
  'credits'?: (_conveyor_sidecar_PushCredits__Output | null);
  'msg'?: "ack"|"backpressure"|"credits";
}
