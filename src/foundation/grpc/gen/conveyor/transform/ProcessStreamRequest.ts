// Generated from proto/ by `make generate`.

import type { StreamInit as _conveyor_transform_StreamInit, StreamInit__Output as _conveyor_transform_StreamInit__Output } from '../../conveyor/transform/StreamInit.ts';
import type { Record as _conveyor_common_Record, Record__Output as _conveyor_common_Record__Output } from '../../conveyor/common/Record.ts';
import type { FlushCommand as _conveyor_transform_FlushCommand, FlushCommand__Output as _conveyor_transform_FlushCommand__Output } from '../../conveyor/transform/FlushCommand.ts';

export interface ProcessStreamRequest {
  'init'?: (_conveyor_transform_StreamInit | null);
  'record'?: (_conveyor_common_Record | null);
  'flush'?: (_conveyor_transform_FlushCommand | null);
  'msg'?: "init"|"record"|"flush";
}

export interface ProcessStreamRequest__Output {
  'init'?: (_conveyor_transform_StreamInit__Output | null);
  'record'?: (_conveyor_common_Record__Output | null);
  'flush'?: (_conveyor_transform_FlushCommand__Output | null);
  'msg'?: "init"|"record"|"flush";
}
