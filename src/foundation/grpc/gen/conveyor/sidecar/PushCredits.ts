// Generated from proto/ by `make generate`.

import type { Long } from '@grpc/proto-loader';

export interface PushCredits {
  'granted'?: (number | string | Long);
}

export interface PushCredits__Output {
  'granted': (number);
}
