// Generated from proto/ by `make generate`.

import type { RecordId as _conveyor_common_RecordId, RecordId__Output as _conveyor_common_RecordId__Output } from '../../conveyor/common/RecordId.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface Record {
  'id'?: (_conveyor_common_RecordId | null);
  'recordType'?: (string);
  'key'?: (Buffer | Uint8Array | string);
  'payload'?: (Buffer | Uint8Array | string);
  'metadata'?: ({[key: string]: string});
  'eventTime'?: (_google_protobuf_Timestamp | null);
  'ingestionTime'?: (_google_protobuf_Timestamp | null);
}

export interface Record__Output {
  'id': (_conveyor_common_RecordId__Output | null);
  'recordType': (string);
  'key': (Buffer);
  'payload': (Buffer);
  'metadata': ({[key: string]: string});
  'eventTime': (_google_protobuf_Timestamp__Output | null);
  'ingestionTime': (_google_protobuf_Timestamp__Output | null);
}
