// Generated from proto/ by `make generate`.

import type { Long } from '@grpc/proto-loader';

export interface DisablePipelineResponse {
  'success'?: (boolean);
  'pendingRecords'?: (number | string | Long);
  'error'?: (string);
}

export interface DisablePipelineResponse__Output {
  'success': (boolean);
  'pendingRecords': (number);
  'error': (string);
}
