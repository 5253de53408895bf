// Generated from proto/ by `make generate`.

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Long } from '@grpc/proto-loader';

export interface Watermark {
  'sourceId'?: (string);
  'partition'?: (number);
  'position'?: (number | string | Long);
  'timestamp'?: (_google_protobuf_Timestamp | null);
}

export interface Watermark__Output {
  'sourceId': (string);
  'partition': (number);
  'position': (number);
  'timestamp': (_google_protobuf_Timestamp__Output | null);
}
