// Generated from proto/ by `make generate`.

import type { Long } from '@grpc/proto-loader';

export interface StreamReady {
  'streamId'?: (string);
  'bufferCapacity'?: (number | string | Long);
}

export interface StreamReady__Output {
  'streamId': (string);
  'bufferCapacity': (number);
}
