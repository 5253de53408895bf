// Generated from proto/ by `make generate`.

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { PushRecordsRequest as _conveyor_sidecar_PushRecordsRequest, PushRecordsRequest__Output as _conveyor_sidecar_PushRecordsRequest__Output } from '../../conveyor/sidecar/PushRecordsRequest.ts';
import type { PushRecordsResponse as _conveyor_sidecar_PushRecordsResponse, PushRecordsResponse__Output as _conveyor_sidecar_PushRecordsResponse__Output } from '../../conveyor/sidecar/PushRecordsResponse.ts';
import type { ReceiveRecordsRequest as _conveyor_sidecar_ReceiveRecordsRequest, ReceiveRecordsRequest__Output as _conveyor_sidecar_ReceiveRecordsRequest__Output } from '../../conveyor/sidecar/ReceiveRecordsRequest.ts';
import type { ReceiveRecordsResponse as _conveyor_sidecar_ReceiveRecordsResponse, ReceiveRecordsResponse__Output as _conveyor_sidecar_ReceiveRecordsResponse__Output } from '../../conveyor/sidecar/ReceiveRecordsResponse.ts';

export interface SidecarDataPlaneClient extends grpc.Client {
  PushRecords(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_conveyor_sidecar_PushRecordsRequest, _conveyor_sidecar_PushRecordsResponse__Output>;
  PushRecords(options?: grpc.CallOptions): grpc.ClientDuplexStream<_conveyor_sidecar_PushRecordsRequest, _conveyor_sidecar_PushRecordsResponse__Output>;
  pushRecords(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_conveyor_sidecar_PushRecordsRequest, _conveyor_sidecar_PushRecordsResponse__Output>;
  pushRecords(options?: grpc.CallOptions): grpc.ClientDuplexStream<_conveyor_sidecar_PushRecordsRequest, _conveyor_sidecar_PushRecordsResponse__Output>;
  
  ReceiveRecords(argument: _conveyor_sidecar_ReceiveRecordsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sidecar_ReceiveRecordsResponse__Output>): grpc.ClientUnaryCall;
  ReceiveRecords(argument: _conveyor_sidecar_ReceiveRecordsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_sidecar_ReceiveRecordsResponse__Output>): grpc.ClientUnaryCall;
  ReceiveRecords(argument: _conveyor_sidecar_ReceiveRecordsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sidecar_ReceiveRecordsResponse__Output>): grpc.ClientUnaryCall;
  ReceiveRecords(argument: _conveyor_sidecar_ReceiveRecordsRequest, callback: grpc.requestCallback<_conveyor_sidecar_ReceiveRecordsResponse__Output>): grpc.ClientUnaryCall;
  receiveRecords(argument: _conveyor_sidecar_ReceiveRecordsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sidecar_ReceiveRecordsResponse__Output>): grpc.ClientUnaryCall;
  receiveRecords(argument: _conveyor_sidecar_ReceiveRecordsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_sidecar_ReceiveRecordsResponse__Output>): grpc.ClientUnaryCall;
  receiveRecords(argument: _conveyor_sidecar_ReceiveRecordsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sidecar_ReceiveRecordsResponse__Output>): grpc.ClientUnaryCall;
  receiveRecords(argument: _conveyor_sidecar_ReceiveRecordsRequest, callback: grpc.requestCallback<_conveyor_sidecar_ReceiveRecordsResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface SidecarDataPlaneHandlers extends grpc.UntypedServiceImplementation {
  PushRecords: grpc.handleBidiStreamingCall<_conveyor_sidecar_PushRecordsRequest__Output, _conveyor_sidecar_PushRecordsResponse>;
  
  ReceiveRecords: grpc.handleUnaryCall<_conveyor_sidecar_ReceiveRecordsRequest__Output, _conveyor_sidecar_ReceiveRecordsResponse>;
  
}

export interface SidecarDataPlaneDefinition extends grpc.ServiceDefinition {
  PushRecords: MethodDefinition<_conveyor_sidecar_PushRecordsRequest, _conveyor_sidecar_PushRecordsResponse, _conveyor_sidecar_PushRecordsRequest__Output, _conveyor_sidecar_PushRecordsResponse__Output>
  ReceiveRecords: MethodDefinition<_conveyor_sidecar_ReceiveRecordsRequest, _conveyor_sidecar_ReceiveRecordsResponse, _conveyor_sidecar_ReceiveRecordsRequest__Output, _conveyor_sidecar_ReceiveRecordsResponse__Output>
}
