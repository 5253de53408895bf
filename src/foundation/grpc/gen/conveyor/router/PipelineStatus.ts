// Generated from proto/ by `make generate`.

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { StageStatus as _conveyor_router_StageStatus, StageStatus__Output as _conveyor_router_StageStatus__Output } from '../../conveyor/router/StageStatus.ts';
import type { Long } from '@grpc/proto-loader';

export interface PipelineStatus {
  'enabled'?: (boolean);
  'version'?: (number | string | Long);
  'createdAt'?: (_google_protobuf_Timestamp | null);
  'updatedAt'?: (_google_protobuf_Timestamp | null);
  'stageStatuses'?: ({[key: string]: _conveyor_router_StageStatus});
}

export interface PipelineStatus__Output {
  'enabled': (boolean);
  'version': (number);
  'createdAt': (_google_protobuf_Timestamp__Output | null);
  'updatedAt': (_google_protobuf_Timestamp__Output | null);
  'stageStatuses': ({[key: string]: _conveyor_router_StageStatus__Output});
}
