// Generated from proto/ by `make generate`.

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Capabilities as _conveyor_transform_Capabilities, Capabilities__Output as _conveyor_transform_Capabilities__Output } from '../../conveyor/transform/Capabilities.ts';
import type { Empty as _conveyor_common_Empty, Empty__Output as _conveyor_common_Empty__Output } from '../../conveyor/common/Empty.ts';
import type { ProcessBatchRequest as _conveyor_transform_ProcessBatchRequest, ProcessBatchRequest__Output as _conveyor_transform_ProcessBatchRequest__Output } from '../../conveyor/transform/ProcessBatchRequest.ts';
import type { ProcessBatchResponse as _conveyor_transform_ProcessBatchResponse, ProcessBatchResponse__Output as _conveyor_transform_ProcessBatchResponse__Output } from '../../conveyor/transform/ProcessBatchResponse.ts';
import type { ProcessStreamRequest as _conveyor_transform_ProcessStreamRequest, ProcessStreamRequest__Output as _conveyor_transform_ProcessStreamRequest__Output } from '../../conveyor/transform/ProcessStreamRequest.ts';
import type { ProcessStreamResponse as _conveyor_transform_ProcessStreamResponse, ProcessStreamResponse__Output as _conveyor_transform_ProcessStreamResponse__Output } from '../../conveyor/transform/ProcessStreamResponse.ts';

export interface TransformServiceClient extends grpc.Client {
  GetCapabilities(argument: _conveyor_common_Empty, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_transform_Capabilities__Output>): grpc.ClientUnaryCall;
  GetCapabilities(argument: _conveyor_common_Empty, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_transform_Capabilities__Output>): grpc.ClientUnaryCall;
  GetCapabilities(argument: _conveyor_common_Empty, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_transform_Capabilities__Output>): grpc.ClientUnaryCall;
  GetCapabilities(argument: _conveyor_common_Empty, callback: grpc.requestCallback<_conveyor_transform_Capabilities__Output>): grpc.ClientUnaryCall;
  getCapabilities(argument: _conveyor_common_Empty, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_transform_Capabilities__Output>): grpc.ClientUnaryCall;
  getCapabilities(argument: _conveyor_common_Empty, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_transform_Capabilities__Output>): grpc.ClientUnaryCall;
  getCapabilities(argument: _conveyor_common_Empty, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_transform_Capabilities__Output>): grpc.ClientUnaryCall;
  getCapabilities(argument: _conveyor_common_Empty, callback: grpc.requestCallback<_conveyor_transform_Capabilities__Output>): grpc.ClientUnaryCall;
  
  ProcessBatch(argument: _conveyor_transform_ProcessBatchRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_transform_ProcessBatchResponse__Output>): grpc.ClientUnaryCall;
  ProcessBatch(argument: _conveyor_transform_ProcessBatchRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_transform_ProcessBatchResponse__Output>): grpc.ClientUnaryCall;
  ProcessBatch(argument: _conveyor_transform_ProcessBatchRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_transform_ProcessBatchResponse__Output>): grpc.ClientUnaryCall;
  ProcessBatch(argument: _conveyor_transform_ProcessBatchRequest, callback: grpc.requestCallback<_conveyor_transform_ProcessBatchResponse__Output>): grpc.ClientUnaryCall;
  processBatch(argument: _conveyor_transform_ProcessBatchRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_transform_ProcessBatchResponse__Output>): grpc.ClientUnaryCall;
  processBatch(argument: _conveyor_transform_ProcessBatchRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_transform_ProcessBatchResponse__Output>): grpc.ClientUnaryCall;
  processBatch(argument: _conveyor_transform_ProcessBatchRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_transform_ProcessBatchResponse__Output>): grpc.ClientUnaryCall;
  processBatch(argument: _conveyor_transform_ProcessBatchRequest, callback: grpc.requestCallback<_conveyor_transform_ProcessBatchResponse__Output>): grpc.ClientUnaryCall;
  
  ProcessStream(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_conveyor_transform_ProcessStreamRequest, _conveyor_transform_ProcessStreamResponse__Output>;
  ProcessStream(options?: grpc.CallOptions): grpc.ClientDuplexStream<_conveyor_transform_ProcessStreamRequest, _conveyor_transform_ProcessStreamResponse__Output>;
  processStream(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_conveyor_transform_ProcessStreamRequest, _conveyor_transform_ProcessStreamResponse__Output>;
  processStream(options?: grpc.CallOptions): grpc.ClientDuplexStream<_conveyor_transform_ProcessStreamRequest, _conveyor_transform_ProcessStreamResponse__Output>;
  
}

export interface TransformServiceHandlers extends grpc.UntypedServiceImplementation {
  GetCapabilities: grpc.handleUnaryCall<_conveyor_common_Empty__Output, _conveyor_transform_Capabilities>;
  
  ProcessBatch: grpc.handleUnaryCall<_conveyor_transform_ProcessBatchRequest__Output, _conveyor_transform_ProcessBatchResponse>;
  
  ProcessStream: grpc.handleBidiStreamingCall<_conveyor_transform_ProcessStreamRequest__Output, _conveyor_transform_ProcessStreamResponse>;
  
}

export interface TransformServiceDefinition extends grpc.ServiceDefinition {
  GetCapabilities: MethodDefinition<_conveyor_common_Empty, _conveyor_transform_Capabilities, _conveyor_common_Empty__Output, _conveyor_transform_Capabilities__Output>
  ProcessBatch: MethodDefinition<_conveyor_transform_ProcessBatchRequest, _conveyor_transform_ProcessBatchResponse, _conveyor_transform_ProcessBatchRequest__Output, _conveyor_transform_ProcessBatchResponse__Output>
  ProcessStream: MethodDefinition<_conveyor_transform_ProcessStreamRequest, _conveyor_transform_ProcessStreamResponse, _conveyor_transform_ProcessStreamRequest__Output, _conveyor_transform_ProcessStreamResponse__Output>
}
