// Generated from proto/ by `make generate`.

import type { Long } from '@grpc/proto-loader';

export interface StageStatus {
  'recordsProcessed'?: (number | string | Long);
  'recordsBuffered'?: (number | string | Long);
  'errors'?: (number | string | Long);
  'avgLatencyMs'?: (number | string);
}

export interface StageStatus__Output {
  'recordsProcessed': (number);
  'recordsBuffered': (number);
  'errors': (number);
  'avgLatencyMs': (number);
}
