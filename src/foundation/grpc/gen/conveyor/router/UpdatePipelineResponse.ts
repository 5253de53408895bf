// Generated from proto/ by `make generate`.

import type { Long } from '@grpc/proto-loader';

export interface UpdatePipelineResponse {
  'success'?: (boolean);
  'version'?: (number | string | Long);
  'error'?: (string);
}

export interface UpdatePipelineResponse__Output {
  'success': (boolean);
  'version': (number);
  'error': (string);
}
