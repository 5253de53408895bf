// Generated from proto/ by `make generate`.

import type { Long } from '@grpc/proto-loader';

export interface RecordId {
  'sourceId'?: (string);
  'partition'?: (number);
  'sequenceNumber'?: (number | string | Long);
  'idempotencyKey'?: (Buffer | Uint8Array | string);
}

export interface RecordId__Output {
  'sourceId': (string);
  'partition': (number);
  'sequenceNumber': (number);
  'idempotencyKey': (Buffer);
}
