// Generated from proto/ by `make generate`.

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CapacityResponse as _conveyor_sink_CapacityResponse, CapacityResponse__Output as _conveyor_sink_CapacityResponse__Output } from '../../conveyor/sink/CapacityResponse.ts';
import type { Empty as _conveyor_common_Empty, Empty__Output as _conveyor_common_Empty__Output } from '../../conveyor/common/Empty.ts';
import type { FlushRequest as _conveyor_sink_FlushRequest, FlushRequest__Output as _conveyor_sink_FlushRequest__Output } from '../../conveyor/sink/FlushRequest.ts';
import type { FlushResponse as _conveyor_sink_FlushResponse, FlushResponse__Output as _conveyor_sink_FlushResponse__Output } from '../../conveyor/sink/FlushResponse.ts';
import type { WriteBatchRequest as _conveyor_sink_WriteBatchRequest, WriteBatchRequest__Output as _conveyor_sink_WriteBatchRequest__Output } from '../../conveyor/sink/WriteBatchRequest.ts';
import type { WriteBatchResponse as _conveyor_sink_WriteBatchResponse, WriteBatchResponse__Output as _conveyor_sink_WriteBatchResponse__Output } from '../../conveyor/sink/WriteBatchResponse.ts';
import type { WriteStreamRequest as _conveyor_sink_WriteStreamRequest, WriteStreamRequest__Output as _conveyor_sink_WriteStreamRequest__Output } from '../../conveyor/sink/WriteStreamRequest.ts';
import type { WriteStreamResponse as _conveyor_sink_WriteStreamResponse, WriteStreamResponse__Output as _conveyor_sink_WriteStreamResponse__Output } from '../../conveyor/sink/WriteStreamResponse.ts';

export interface SinkServiceClient extends grpc.Client {
  Flush(argument: _conveyor_sink_FlushRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sink_FlushResponse__Output>): grpc.ClientUnaryCall;
  Flush(argument: _conveyor_sink_FlushRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_sink_FlushResponse__Output>): grpc.ClientUnaryCall;
  Flush(argument: _conveyor_sink_FlushRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sink_FlushResponse__Output>): grpc.ClientUnaryCall;
  Flush(argument: _conveyor_sink_FlushRequest, callback: grpc.requestCallback<_conveyor_sink_FlushResponse__Output>): grpc.ClientUnaryCall;
  flush(argument: _conveyor_sink_FlushRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sink_FlushResponse__Output>): grpc.ClientUnaryCall;
  flush(argument: _conveyor_sink_FlushRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_sink_FlushResponse__Output>): grpc.ClientUnaryCall;
  flush(argument: _conveyor_sink_FlushRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sink_FlushResponse__Output>): grpc.ClientUnaryCall;
  flush(argument: _conveyor_sink_FlushRequest, callback: grpc.requestCallback<_conveyor_sink_FlushResponse__Output>): grpc.ClientUnaryCall;
  
  GetCapacity(argument: _conveyor_common_Empty, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sink_CapacityResponse__Output>): grpc.ClientUnaryCall;
  GetCapacity(argument: _conveyor_common_Empty, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_sink_CapacityResponse__Output>): grpc.ClientUnaryCall;
  GetCapacity(argument: _conveyor_common_Empty, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sink_CapacityResponse__Output>): grpc.ClientUnaryCall;
  GetCapacity(argument: _conveyor_common_Empty, callback: grpc.requestCallback<_conveyor_sink_CapacityResponse__Output>): grpc.ClientUnaryCall;
  getCapacity(argument: _conveyor_common_Empty, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sink_CapacityResponse__Output>): grpc.ClientUnaryCall;
  getCapacity(argument: _conveyor_common_Empty, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_sink_CapacityResponse__Output>): grpc.ClientUnaryCall;
  getCapacity(argument: _conveyor_common_Empty, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sink_CapacityResponse__Output>): grpc.ClientUnaryCall;
  getCapacity(argument: _conveyor_common_Empty, callback: grpc.requestCallback<_conveyor_sink_CapacityResponse__Output>): grpc.ClientUnaryCall;
  
  WriteBatch(argument: _conveyor_sink_WriteBatchRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sink_WriteBatchResponse__Output>): grpc.ClientUnaryCall;
  WriteBatch(argument: _conveyor_sink_WriteBatchRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_sink_WriteBatchResponse__Output>): grpc.ClientUnaryCall;
  WriteBatch(argument: _conveyor_sink_WriteBatchRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sink_WriteBatchResponse__Output>): grpc.ClientUnaryCall;
  WriteBatch(argument: _conveyor_sink_WriteBatchRequest, callback: grpc.requestCallback<_conveyor_sink_WriteBatchResponse__Output>): grpc.ClientUnaryCall;
  writeBatch(argument: _conveyor_sink_WriteBatchRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sink_WriteBatchResponse__Output>): grpc.ClientUnaryCall;
  writeBatch(argument: _conveyor_sink_WriteBatchRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_sink_WriteBatchResponse__Output>): grpc.ClientUnaryCall;
  writeBatch(argument: _conveyor_sink_WriteBatchRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_sink_WriteBatchResponse__Output>): grpc.ClientUnaryCall;
  writeBatch(argument: _conveyor_sink_WriteBatchRequest, callback: grpc.requestCallback<_conveyor_sink_WriteBatchResponse__Output>): grpc.ClientUnaryCall;
  
  WriteStream(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_conveyor_sink_WriteStreamRequest, _conveyor_sink_WriteStreamResponse__Output>;
  WriteStream(options?: grpc.CallOptions): grpc.ClientDuplexStream<_conveyor_sink_WriteStreamRequest, _conveyor_sink_WriteStreamResponse__Output>;
  writeStream(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_conveyor_sink_WriteStreamRequest, _conveyor_sink_WriteStreamResponse__Output>;
  writeStream(options?: grpc.CallOptions): grpc.ClientDuplexStream<_conveyor_sink_WriteStreamRequest, _conveyor_sink_WriteStreamResponse__Output>;
  
}

export interface SinkServiceHandlers extends grpc.UntypedServiceImplementation {
  Flush: grpc.handleUnaryCall<_conveyor_sink_FlushRequest__Output, _conveyor_sink_FlushResponse>;
  
  GetCapacity: grpc.handleUnaryCall<_conveyor_common_Empty__Output, _conveyor_sink_CapacityResponse>;
  
  WriteBatch: grpc.handleUnaryCall<_conveyor_sink_WriteBatchRequest__Output, _conveyor_sink_WriteBatchResponse>;
  
  WriteStream: grpc.handleBidiStreamingCall<_conveyor_sink_WriteStreamRequest__Output, _conveyor_sink_WriteStreamResponse>;
  
}

export interface SinkServiceDefinition extends grpc.ServiceDefinition {
  Flush: MethodDefinition<_conveyor_sink_FlushRequest, _conveyor_sink_FlushResponse, _conveyor_sink_FlushRequest__Output, _conveyor_sink_FlushResponse__Output>
  GetCapacity: MethodDefinition<_conveyor_common_Empty, _conveyor_sink_CapacityResponse, _conveyor_common_Empty__Output, _conveyor_sink_CapacityResponse__Output>
  WriteBatch: MethodDefinition<_conveyor_sink_WriteBatchRequest, _conveyor_sink_WriteBatchResponse, _conveyor_sink_WriteBatchRequest__Output, _conveyor_sink_WriteBatchResponse__Output>
  WriteStream: MethodDefinition<_conveyor_sink_WriteStreamRequest, _conveyor_sink_WriteStreamResponse, _conveyor_sink_WriteStreamRequest__Output, _conveyor_sink_WriteStreamResponse__Output>
}
