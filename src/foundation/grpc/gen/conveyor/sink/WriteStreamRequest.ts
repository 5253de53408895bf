// Generated from proto/ by `make generate`.

import type { StreamWriteInit as _conveyor_sink_StreamWriteInit, StreamWriteInit__Output as _conveyor_sink_StreamWriteInit__Output } from '../../conveyor/sink/StreamWriteInit.ts';
import type { Record as _conveyor_common_Record, Record__Output as _conveyor_common_Record__Output } from '../../conveyor/common/Record.ts';
import type { CommitMarker as _conveyor_sink_CommitMarker, CommitMarker__Output as _conveyor_sink_CommitMarker__Output } from '../../conveyor/sink/CommitMarker.ts';

export interface WriteStreamRequest {
  'init'?: (_conveyor_sink_StreamWriteInit | null);
  'record'?: (_conveyor_common_Record | null);
  'commit'?: (_conveyor_sink_CommitMarker | null);
  'msg'?: "init"|"record"|"commit";
}

export interface WriteStreamRequest__Output {
  'init'?: (_conveyor_sink_StreamWriteInit__Output | null);
  'record'?: (_conveyor_common_Record__Output | null);
  'commit'?: (_conveyor_sink_CommitMarker__Output | null);
  'msg'?: "init"|"record"|"commit";
}
