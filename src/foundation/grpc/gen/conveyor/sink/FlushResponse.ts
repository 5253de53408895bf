// Generated from proto/ by `make generate`.

import type { Long } from '@grpc/proto-loader';

export interface FlushResponse {
  'success'?: (boolean);
  'flushedRecords'?: (number | string | Long);
}

export interface FlushResponse__Output {
  'success': (boolean);
  'flushedRecords': (number);
}
