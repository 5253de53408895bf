// Generated from proto/ by `make generate`.

import type { PushInit as _conveyor_sidecar_PushInit, PushInit__Output as _conveyor_sidecar_PushInit__Output } from '../../conveyor/sidecar/PushInit.ts';
import type { RecordBatch as _conveyor_common_RecordBatch, RecordBatch__Output as _conveyor_common_RecordBatch__Output } from '../../conveyor/common/RecordBatch.ts';
import type { PushHeartbeat as _conveyor_sidecar_PushHeartbeat, PushHeartbeat__Output as _conveyor_sidecar_PushHeartbeat__Output } from '../../conveyor/sidecar/PushHeartbeat.ts';

export interface PushRecordsRequest {
  'init'?: (_conveyor_sidecar_PushInit | null);
  'batch'?: (_conveyor_common_RecordBatch | null);
  'heartbeat'?: (_conveyor_sidecar_PushHeartbeat | null);
  'msg'?: "init"|"batch"|"heartbeat";
}

export interface PushRecordsRequest__Output {
  'init'?: (_conveyor_sidecar_PushInit__Output | null);
  'batch'?: (_conveyor_common_RecordBatch__Output | null);
  'heartbeat'?: (_conveyor_sidecar_PushHeartbeat__Output | null);
  'msg'?: "init"|"batch"|"heartbeat";
}
