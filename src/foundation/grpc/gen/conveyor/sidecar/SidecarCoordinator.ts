// Generated from proto/ by `make generate`.

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { DeregisterSidecarRequest as _conveyor_sidecar_DeregisterSidecarRequest, DeregisterSidecarRequest__Output as _conveyor_sidecar_DeregisterSidecarRequest__Output } from '../../conveyor/sidecar/DeregisterSidecarRequest.ts';
import type { DeregisterSidecarResponse as _conveyor_sidecar_DeregisterSidecarResponse, DeregisterSidecarResponse__Output as _conveyor_sidecar_DeregisterSidecarResponse__Output } from '../../conveyor/sidecar/DeregisterSidecarResponse.ts';
import type { HeartbeatResponse as _conveyor_sidecar_HeartbeatResponse, HeartbeatResponse__Output as _conveyor_sidecar_HeartbeatResponse__Output } from '../../conveyor/sidecar/HeartbeatResponse.ts';
import type { PipelineAssignmentEvent as _conveyor_sidecar_PipelineAssignmentEvent, PipelineAssignmentEvent__Output as _conveyor_sidecar_PipelineAssignmentEvent__Output } from '../../conveyor/sidecar/PipelineAssignmentEvent.ts';
import type { RegisterSidecarRequest as _conveyor_sidecar_RegisterSidecarRequest, RegisterSidecarRequest__Output as _conveyor_sidecar_RegisterSidecarRequest__Output } from '../../conveyor/sidecar/RegisterSidecarRequest.ts';
import type { RegisterSidecarResponse as _conveyor_sidecar_RegisterSidecarResponse, RegisterSidecarResponse__Output as _conveyor_sidecar_RegisterSidecarResponse__Output } from '../../conveyor/sidecar/RegisterSidecarResponse.ts';
import type { SidecarHeartbeatRequest as _conveyor_sidecar_SidecarHeartbeatRequest, SidecarHeartbeatRequest__Output as _conveyor_sidecar_SidecarHeartbeatRequest__Output } from '../../conveyor/sidecar/SidecarHeartbeatRequest.ts';
import type { WatchAssignmentsRequest as _conveyor_sidecar_WatchAssignmentsRequest, WatchAssignmentsRequest__Output as _conveyor_sidecar_WatchAssignmentsRequest__Output } from '../../conveyor/sidecar/WatchAssignmentsRequest.ts';

export interface SidecarCoordinatorClient extends grpc.Client {
  DeregisterSidecar(argument: _conveyor_sidecar_DeregisterSidecarRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sidecar_DeregisterSidecarResponse__Output>): grpc.ClientUnaryCall;
  DeregisterSidecar(argument: _conveyor_sidecar_DeregisterSidecarRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_sidecar_DeregisterSidecarResponse__Output>): grpc.ClientUnaryCall;
  DeregisterSidecar(argument: _conveyor_sidecar_DeregisterSidecarRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sidecar_DeregisterSidecarResponse__Output>): grpc.ClientUnaryCall;
  DeregisterSidecar(argument: _conveyor_sidecar_DeregisterSidecarRequest, callback: grpc.requestCallback<_conveyor_sidecar_DeregisterSidecarResponse__Output>): grpc.ClientUnaryCall;
  deregisterSidecar(argument: _conveyor_sidecar_DeregisterSidecarRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sidecar_DeregisterSidecarResponse__Output>): grpc.ClientUnaryCall;
  deregisterSidecar(argument: _conveyor_sidecar_DeregisterSidecarRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_sidecar_DeregisterSidecarResponse__Output>): grpc.ClientUnaryCall;
  deregisterSidecar(argument: _conveyor_sidecar_DeregisterSidecarRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sidecar_DeregisterSidecarResponse__Output>): grpc.ClientUnaryCall;
  deregisterSidecar(argument: _conveyor_sidecar_DeregisterSidecarRequest, callback: grpc.requestCallback<_conveyor_sidecar_DeregisterSidecarResponse__Output>): grpc.ClientUnaryCall;
  
  Heartbeat(argument: _conveyor_sidecar_SidecarHeartbeatRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sidecar_HeartbeatResponse__Output>): grpc.ClientUnaryCall;
  Heartbeat(argument: _conveyor_sidecar_SidecarHeartbeatRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_sidecar_HeartbeatResponse__Output>): grpc.ClientUnaryCall;
  Heartbeat(argument: _conveyor_sidecar_SidecarHeartbeatRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sidecar_HeartbeatResponse__Output>): grpc.ClientUnaryCall;
  Heartbeat(argument: _conveyor_sidecar_SidecarHeartbeatRequest, callback: grpc.requestCallback<_conveyor_sidecar_HeartbeatResponse__Output>): grpc.ClientUnaryCall;
  heartbeat(argument: _conveyor_sidecar_SidecarHeartbeatRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sidecar_HeartbeatResponse__Output>): grpc.ClientUnaryCall;
  heartbeat(argument: _conveyor_sidecar_SidecarHeartbeatRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_sidecar_HeartbeatResponse__Output>): grpc.ClientUnaryCall;
  heartbeat(argument: _conveyor_sidecar_SidecarHeartbeatRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sidecar_HeartbeatResponse__Output>): grpc.ClientUnaryCall;
  heartbeat(argument: _conveyor_sidecar_SidecarHeartbeatRequest, callback: grpc.requestCallback<_conveyor_sidecar_HeartbeatResponse__Output>): grpc.ClientUnaryCall;
  
  RegisterSidecar(argument: _conveyor_sidecar_RegisterSidecarRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sidecar_RegisterSidecarResponse__Output>): grpc.ClientUnaryCall;
  RegisterSidecar(argument: _conveyor_sidecar_RegisterSidecarRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_sidecar_RegisterSidecarResponse__Output>): grpc.ClientUnaryCall;
  RegisterSidecar(argument: _conveyor_sidecar_RegisterSidecarRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sidecar_RegisterSidecarResponse__Output>): grpc.ClientUnaryCall;
  RegisterSidecar(argument: _conveyor_sidecar_RegisterSidecarRequest, callback: grpc.requestCallback<_conveyor_sidecar_RegisterSidecarResponse__Output>): grpc.ClientUnaryCall;
  registerSidecar(argument: _conveyor_sidecar_RegisterSidecarRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sidecar_RegisterSidecarResponse__Output>): grpc.ClientUnaryCall;
  registerSidecar(argument: _conveyor_sidecar_RegisterSidecarRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_sidecar_RegisterSidecarResponse__Output>): grpc.ClientUnaryCall;
  registerSidecar(argument: _conveyor_sidecar_RegisterSidecarRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sidecar_RegisterSidecarResponse__Output>): grpc.ClientUnaryCall;
  registerSidecar(argument: _conveyor_sidecar_RegisterSidecarRequest, callback: grpc.requestCallback<_conveyor_sidecar_RegisterSidecarResponse__Output>): grpc.ClientUnaryCall;
  
  WatchPipelineAssignments(argument: _conveyor_sidecar_WatchAssignmentsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_conveyor_sidecar_PipelineAssignmentEvent__Output>;
  WatchPipelineAssignments(argument: _conveyor_sidecar_WatchAssignmentsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_conveyor_sidecar_PipelineAssignmentEvent__Output>;
  watchPipelineAssignments(argument: _conveyor_sidecar_WatchAssignmentsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_conveyor_sidecar_PipelineAssignmentEvent__Output>;
  watchPipelineAssignments(argument: _conveyor_sidecar_WatchAssignmentsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_conveyor_sidecar_PipelineAssignmentEvent__Output>;
  
}

export interface SidecarCoordinatorHandlers extends grpc.UntypedServiceImplementation {
  DeregisterSidecar: grpc.handleUnaryCall<_conveyor_sidecar_DeregisterSidecarRequest__Output, _conveyor_sidecar_DeregisterSidecarResponse>;
  
  Heartbeat: grpc.handleUnaryCall<_conveyor_sidecar_SidecarHeartbeatRequest__Output, _conveyor_sidecar_HeartbeatResponse>;
  
  RegisterSidecar: grpc.handleUnaryCall<_conveyor_sidecar_RegisterSidecarRequest__Output, _conveyor_sidecar_RegisterSidecarResponse>;
  
  WatchPipelineAssignments: grpc.handleServerStreamingCall<_conveyor_sidecar_WatchAssignmentsRequest__Output, _conveyor_sidecar_PipelineAssignmentEvent>;
  
}

export interface SidecarCoordinatorDefinition extends grpc.ServiceDefinition {
  DeregisterSidecar: MethodDefinition<_conveyor_sidecar_DeregisterSidecarRequest, _conveyor_sidecar_DeregisterSidecarResponse, _conveyor_sidecar_DeregisterSidecarRequest__Output, _conveyor_sidecar_DeregisterSidecarResponse__Output>
  Heartbeat: MethodDefinition<_conveyor_sidecar_SidecarHeartbeatRequest, _conveyor_sidecar_HeartbeatResponse, _conveyor_sidecar_SidecarHeartbeatRequest__Output, _conveyor_sidecar_HeartbeatResponse__Output>
  RegisterSidecar: MethodDefinition<_conveyor_sidecar_RegisterSidecarRequest, _conveyor_sidecar_RegisterSidecarResponse, _conveyor_sidecar_RegisterSidecarRequest__Output, _conveyor_sidecar_RegisterSidecarResponse__Output>
  WatchPipelineAssignments: MethodDefinition<_conveyor_sidecar_WatchAssignmentsRequest, _conveyor_sidecar_PipelineAssignmentEvent, _conveyor_sidecar_WatchAssignmentsRequest__Output, _conveyor_sidecar_PipelineAssignmentEvent__Output>
}
