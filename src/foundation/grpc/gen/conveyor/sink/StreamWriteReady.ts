// Generated from proto/ by `make generate`.

import type { Long } from '@grpc/proto-loader';

export interface StreamWriteReady {
  'streamId'?: (string);
  'initialCredits'?: (number | string | Long);
}

export interface StreamWriteReady__Output {
  'streamId': (string);
  'initialCredits': (number);
}
