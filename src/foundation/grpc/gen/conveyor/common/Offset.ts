// Generated from proto/ by `make generate`.

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Long } from '@grpc/proto-loader';

export interface Offset {
  'value'?: (number | string | Long);
  'timestamp'?: (_google_protobuf_Timestamp | null);
}

export interface Offset__Output {
  'value': (number);
  'timestamp': (_google_protobuf_Timestamp__Output | null);
}
