// Generated from proto/ by `make generate`.

import type { WriteOptions as _conveyor_sink_WriteOptions, WriteOptions__Output as _conveyor_sink_WriteOptions__Output } from '../../conveyor/sink/WriteOptions.ts';

export interface StreamWriteInit {
  'sinkId'?: (string);
  'streamId'?: (string);
  'options'?: (_conveyor_sink_WriteOptions | null);
}

export interface StreamWriteInit__Output {
  'sinkId': (string);
  'streamId': (string);
  'options': (_conveyor_sink_WriteOptions__Output | null);
}
