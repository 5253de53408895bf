// Generated from proto/ by `make generate`.

import type { NodeRole as _conveyor_router_NodeRole, NodeRole__Output as _conveyor_router_NodeRole__Output } from '../../conveyor/router/NodeRole.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Long } from '@grpc/proto-loader';

export interface NodeStatus {
  'nodeId'?: (number | string | Long);
  'address'?: (string);
  'role'?: (_conveyor_router_NodeRole);
  'healthy'?: (boolean);
  'matchIndex'?: (number | string | Long);
  'lastContact'?: (_google_protobuf_Timestamp | null);
}

export interface NodeStatus__Output {
  'nodeId': (number);
  'address': (string);
  'role': (_conveyor_router_NodeRole__Output);
  'healthy': (boolean);
  'matchIndex': (number);
  'lastContact': (_google_protobuf_Timestamp__Output | null);
}
