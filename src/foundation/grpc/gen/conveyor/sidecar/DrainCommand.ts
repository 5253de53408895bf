// Generated from proto/ by `make generate`.

import type { Long } from '@grpc/proto-loader';

export interface DrainCommand {
  'pipelineIds'?: (string)[];
  'timeoutMs'?: (number | string | Long);
}

export interface DrainCommand__Output {
  'pipelineIds': (string)[];
  'timeoutMs': (number);
}
