// Generated from proto/ by `make generate`.

import type { Long } from '@grpc/proto-loader';

export interface CommitMarker {
  'streamId'?: (string);
  'upToSequence'?: (number | string | Long);
}

export interface CommitMarker__Output {
  'streamId': (string);
  'upToSequence': (number);
}
