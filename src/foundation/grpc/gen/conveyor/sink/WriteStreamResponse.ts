// Generated from proto/ by `make generate`.

import type { StreamWriteReady as _conveyor_sink_StreamWriteReady, StreamWriteReady__Output as _conveyor_sink_StreamWriteReady__Output } from '../../conveyor/sink/StreamWriteReady.ts';
import type { RecordWriteResult as _conveyor_sink_RecordWriteResult, RecordWriteResult__Output as _conveyor_sink_RecordWriteResult__Output } from '../../conveyor/sink/RecordWriteResult.ts';
import type { CommitAck as _conveyor_sink_CommitAck, CommitAck__Output as _conveyor_sink_CommitAck__Output } from '../../conveyor/sink/CommitAck.ts';
import type { BackpressureNotice as _conveyor_sink_BackpressureNotice, BackpressureNotice__Output as _conveyor_sink_BackpressureNotice__Output } from '../../conveyor/sink/BackpressureNotice.ts';

export interface WriteStreamResponse {
  'ready'?: (_conveyor_sink_StreamWriteReady | null);
  'result'?: (_conveyor_sink_RecordWriteResult | null);
  'commitAck'?: (_conveyor_sink_CommitAck | null);
  'backpressure'?: (_conveyor_sink_BackpressureNotice | null);
  'msg'?: "ready"|"result"|"commitAck"|"backpressure";
}

export interface WriteStreamResponse__Output {
  'ready'?: (_conveyor_sink_StreamWriteReady__Output | null);
  'result'?: (_conveyor_sink_RecordWriteResult__Output | null);
  'commitAck'?: (_conveyor_sink_CommitAck__Output | null);
  'backpressure'?: (_conveyor_sink_BackpressureNotice__Output | null);
  'msg'?: "ready"|"result"|"commitAck"|"backpressure";
}
