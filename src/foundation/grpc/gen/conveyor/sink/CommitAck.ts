// Generated from proto/ by `make generate`.

import type { Long } from '@grpc/proto-loader';

export interface CommitAck {
  'streamId'?: (string);
  'committedSequence'?: (number | string | Long);
}

export interface CommitAck__Output {
  'streamId': (string);
  'committedSequence': (number);
}
