// Generated from proto/ by `make generate`.

import type { Long } from '@grpc/proto-loader';

export interface StreamCompleted {
  'streamId'?: (string);
  'recordsProcessed'?: (number | string | Long);
}

export interface StreamCompleted__Output {
  'streamId': (string);
  'recordsProcessed': (number);
}
