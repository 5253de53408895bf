// Generated from proto/ by `make generate`.

import type { Long } from '@grpc/proto-loader';

export interface DeadLetter {
  'stageId'?: (string);
  'maxRetries'?: (number);
  'backoffMs'?: (number | string | Long);
  'maxBackoffMs'?: (number | string | Long);
}

export interface DeadLetter__Output {
  'stageId': (string);
  'maxRetries': (number);
  'backoffMs': (number);
  'maxBackoffMs': (number);
}
