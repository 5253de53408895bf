// Generated from proto/ by `make generate`.

import type { Long } from '@grpc/proto-loader';

export interface BackpressureNotice {
  'availableCredits'?: (number | string | Long);
  'waitMs'?: (number);
}

export interface BackpressureNotice__Output {
  'availableCredits': (number);
  'waitMs': (number);
}
