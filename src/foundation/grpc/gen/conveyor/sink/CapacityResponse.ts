// Generated from proto/ by `make generate`.

import type { Long } from '@grpc/proto-loader';

export interface CapacityResponse {
  'availableCapacity'?: (number | string | Long);
  'currentQueueDepth'?: (number | string | Long);
  'estimatedLatencyMs'?: (number | string);
}

export interface CapacityResponse__Output {
  'availableCapacity': (number);
  'currentQueueDepth': (number);
  'estimatedLatencyMs': (number);
}
