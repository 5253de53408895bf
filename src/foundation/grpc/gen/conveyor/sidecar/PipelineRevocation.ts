// Generated from proto/ by `make generate`.

import type { Long } from '@grpc/proto-loader';

export interface PipelineRevocation {
  'pipelineId'?: (string);
  'drainFirst'?: (boolean);
  'version'?: (number | string | Long);
}

export interface PipelineRevocation__Output {
  'pipelineId': (string);
  'drainFirst': (boolean);
  'version': (number);
}
