// Generated from proto/ by `make generate`.

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CreatePipelineRequest as _conveyor_router_CreatePipelineRequest, CreatePipelineRequest__Output as _conveyor_router_CreatePipelineRequest__Output } from '../../conveyor/router/CreatePipelineRequest.ts';
import type { CreatePipelineResponse as _conveyor_router_CreatePipelineResponse, CreatePipelineResponse__Output as _conveyor_router_CreatePipelineResponse__Output } from '../../conveyor/router/CreatePipelineResponse.ts';
import type { DeletePipelineRequest as _conveyor_router_DeletePipelineRequest, DeletePipelineRequest__Output as _conveyor_router_DeletePipelineRequest__Output } from '../../conveyor/router/DeletePipelineRequest.ts';
import type { DeletePipelineResponse as _conveyor_router_DeletePipelineResponse, DeletePipelineResponse__Output as _conveyor_router_DeletePipelineResponse__Output } from '../../conveyor/router/DeletePipelineResponse.ts';
import type { DisablePipelineRequest as _conveyor_router_DisablePipelineRequest, DisablePipelineRequest__Output as _conveyor_router_DisablePipelineRequest__Output } from '../../conveyor/router/DisablePipelineRequest.ts';
import type { DisablePipelineResponse as _conveyor_router_DisablePipelineResponse, DisablePipelineResponse__Output as _conveyor_router_DisablePipelineResponse__Output } from '../../conveyor/router/DisablePipelineResponse.ts';
import type { EnablePipelineRequest as _conveyor_router_EnablePipelineRequest, EnablePipelineRequest__Output as _conveyor_router_EnablePipelineRequest__Output } from '../../conveyor/router/EnablePipelineRequest.ts';
import type { EnablePipelineResponse as _conveyor_router_EnablePipelineResponse, EnablePipelineResponse__Output as _conveyor_router_EnablePipelineResponse__Output } from '../../conveyor/router/EnablePipelineResponse.ts';
import type { GetClusterStatusRequest as _conveyor_router_GetClusterStatusRequest, GetClusterStatusRequest__Output as _conveyor_router_GetClusterStatusRequest__Output } from '../../conveyor/router/GetClusterStatusRequest.ts';
import type { GetClusterStatusResponse as _conveyor_router_GetClusterStatusResponse, GetClusterStatusResponse__Output as _conveyor_router_GetClusterStatusResponse__Output } from '../../conveyor/router/GetClusterStatusResponse.ts';
import type { GetMetricsRequest as _conveyor_router_GetMetricsRequest, GetMetricsRequest__Output as _conveyor_router_GetMetricsRequest__Output } from '../../conveyor/router/GetMetricsRequest.ts';
import type { GetMetricsResponse as _conveyor_router_GetMetricsResponse, GetMetricsResponse__Output as _conveyor_router_GetMetricsResponse__Output } from '../../conveyor/router/GetMetricsResponse.ts';
import type { GetPipelineRequest as _conveyor_router_GetPipelineRequest, GetPipelineRequest__Output as _conveyor_router_GetPipelineRequest__Output } from '../../conveyor/router/GetPipelineRequest.ts';
import type { GetPipelineResponse as _conveyor_router_GetPipelineResponse, GetPipelineResponse__Output as _conveyor_router_GetPipelineResponse__Output } from '../../conveyor/router/GetPipelineResponse.ts';
import type { ListPipelinesRequest as _conveyor_router_ListPipelinesRequest, ListPipelinesRequest__Output as _conveyor_router_ListPipelinesRequest__Output } from '../../conveyor/router/ListPipelinesRequest.ts';
import type { ListPipelinesResponse as _conveyor_router_ListPipelinesResponse, ListPipelinesResponse__Output as _conveyor_router_ListPipelinesResponse__Output } from '../../conveyor/router/ListPipelinesResponse.ts';
import type { UpdatePipelineRequest as _conveyor_router_UpdatePipelineRequest, UpdatePipelineRequest__Output as _conveyor_router_UpdatePipelineRequest__Output } from '../../conveyor/router/UpdatePipelineRequest.ts';
import type { UpdatePipelineResponse as _conveyor_router_UpdatePipelineResponse, UpdatePipelineResponse__Output as _conveyor_router_UpdatePipelineResponse__Output } from '../../conveyor/router/UpdatePipelineResponse.ts';

export interface RouterAdminClient extends grpc.Client {
  CreatePipeline(argument: _conveyor_router_CreatePipelineRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_CreatePipelineResponse__Output>): grpc.ClientUnaryCall;
  CreatePipeline(argument: _conveyor_router_CreatePipelineRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_router_CreatePipelineResponse__Output>): grpc.ClientUnaryCall;
  CreatePipeline(argument: _conveyor_router_CreatePipelineRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_CreatePipelineResponse__Output>): grpc.ClientUnaryCall;
  CreatePipeline(argument: _conveyor_router_CreatePipelineRequest, callback: grpc.requestCallback<_conveyor_router_CreatePipelineResponse__Output>): grpc.ClientUnaryCall;
  createPipeline(argument: _conveyor_router_CreatePipelineRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_CreatePipelineResponse__Output>): grpc.ClientUnaryCall;
  createPipeline(argument: _conveyor_router_CreatePipelineRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_router_CreatePipelineResponse__Output>): grpc.ClientUnaryCall;
  createPipeline(argument: _conveyor_router_CreatePipelineRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_CreatePipelineResponse__Output>): grpc.ClientUnaryCall;
  createPipeline(argument: _conveyor_router_CreatePipelineRequest, callback: grpc.requestCallback<_conveyor_router_CreatePipelineResponse__Output>): grpc.ClientUnaryCall;
  
  DeletePipeline(argument: _conveyor_router_DeletePipelineRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_DeletePipelineResponse__Output>): grpc.ClientUnaryCall;
  DeletePipeline(argument: _conveyor_router_DeletePipelineRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_router_DeletePipelineResponse__Output>): grpc.ClientUnaryCall;
  DeletePipeline(argument: _conveyor_router_DeletePipelineRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_DeletePipelineResponse__Output>): grpc.ClientUnaryCall;
  DeletePipeline(argument: _conveyor_router_DeletePipelineRequest, callback: grpc.requestCallback<_conveyor_router_DeletePipelineResponse__Output>): grpc.ClientUnaryCall;
  deletePipeline(argument: _conveyor_router_DeletePipelineRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_DeletePipelineResponse__Output>): grpc.ClientUnaryCall;
  deletePipeline(argument: _conveyor_router_DeletePipelineRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_router_DeletePipelineResponse__Output>): grpc.ClientUnaryCall;
  deletePipeline(argument: _conveyor_router_DeletePipelineRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_DeletePipelineResponse__Output>): grpc.ClientUnaryCall;
  deletePipeline(argument: _conveyor_router_DeletePipelineRequest, callback: grpc.requestCallback<_conveyor_router_DeletePipelineResponse__Output>): grpc.ClientUnaryCall;
  
  DisablePipeline(argument: _conveyor_router_DisablePipelineRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_DisablePipelineResponse__Output>): grpc.ClientUnaryCall;
  DisablePipeline(argument: _conveyor_router_DisablePipelineRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_router_DisablePipelineResponse__Output>): grpc.ClientUnaryCall;
  DisablePipeline(argument: _conveyor_router_DisablePipelineRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_DisablePipelineResponse__Output>): grpc.ClientUnaryCall;
  DisablePipeline(argument: _conveyor_router_DisablePipelineRequest, callback: grpc.requestCallback<_conveyor_router_DisablePipelineResponse__Output>): grpc.ClientUnaryCall;
  disablePipeline(argument: _conveyor_router_DisablePipelineRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_DisablePipelineResponse__Output>): grpc.ClientUnaryCall;
  disablePipeline(argument: _conveyor_router_DisablePipelineRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_router_DisablePipelineResponse__Output>): grpc.ClientUnaryCall;
  disablePipeline(argument: _conveyor_router_DisablePipelineRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_DisablePipelineResponse__Output>): grpc.ClientUnaryCall;
  disablePipeline(argument: _conveyor_router_DisablePipelineRequest, callback: grpc.requestCallback<_conveyor_router_DisablePipelineResponse__Output>): grpc.ClientUnaryCall;
  
  EnablePipeline(argument: _conveyor_router_EnablePipelineRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_EnablePipelineResponse__Output>): grpc.ClientUnaryCall;
  EnablePipeline(argument: _conveyor_router_EnablePipelineRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_router_EnablePipelineResponse__Output>): grpc.ClientUnaryCall;
  EnablePipeline(argument: _conveyor_router_EnablePipelineRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_EnablePipelineResponse__Output>): grpc.ClientUnaryCall;
  EnablePipeline(argument: _conveyor_router_EnablePipelineRequest, callback: grpc.requestCallback<_conveyor_router_EnablePipelineResponse__Output>): grpc.ClientUnaryCall;
  enablePipeline(argument: _conveyor_router_EnablePipelineRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_EnablePipelineResponse__Output>): grpc.ClientUnaryCall;
  enablePipeline(argument: _conveyor_router_EnablePipelineRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_router_EnablePipelineResponse__Output>): grpc.ClientUnaryCall;
  enablePipeline(argument: _conveyor_router_EnablePipelineRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_EnablePipelineResponse__Output>): grpc.ClientUnaryCall;
  enablePipeline(argument: _conveyor_router_EnablePipelineRequest, callback: grpc.requestCallback<_conveyor_router_EnablePipelineResponse__Output>): grpc.ClientUnaryCall;
  
  GetClusterStatus(argument: _conveyor_router_GetClusterStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_GetClusterStatusResponse__Output>): grpc.ClientUnaryCall;
  GetClusterStatus(argument: _conveyor_router_GetClusterStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_router_GetClusterStatusResponse__Output>): grpc.ClientUnaryCall;
  GetClusterStatus(argument: _conveyor_router_GetClusterStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_GetClusterStatusResponse__Output>): grpc.ClientUnaryCall;
  GetClusterStatus(argument: _conveyor_router_GetClusterStatusRequest, callback: grpc.requestCallback<_conveyor_router_GetClusterStatusResponse__Output>): grpc.ClientUnaryCall;
  getClusterStatus(argument: _conveyor_router_GetClusterStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_GetClusterStatusResponse__Output>): grpc.ClientUnaryCall;
  getClusterStatus(argument: _conveyor_router_GetClusterStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_router_GetClusterStatusResponse__Output>): grpc.ClientUnaryCall;
  getClusterStatus(argument: _conveyor_router_GetClusterStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_GetClusterStatusResponse__Output>): grpc.ClientUnaryCall;
  getClusterStatus(argument: _conveyor_router_GetClusterStatusRequest, callback: grpc.requestCallback<_conveyor_router_GetClusterStatusResponse__Output>): grpc.ClientUnaryCall;
  
  GetMetrics(argument: _conveyor_router_GetMetricsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  GetMetrics(argument: _conveyor_router_GetMetricsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_router_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  GetMetrics(argument: _conveyor_router_GetMetricsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  GetMetrics(argument: _conveyor_router_GetMetricsRequest, callback: grpc.requestCallback<_conveyor_router_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  getMetrics(argument: _conveyor_router_GetMetricsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  getMetrics(argument: _conveyor_router_GetMetricsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_router_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  getMetrics(argument: _conveyor_router_GetMetricsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  getMetrics(argument: _conveyor_router_GetMetricsRequest, callback: grpc.requestCallback<_conveyor_router_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  
  GetPipeline(argument: _conveyor_router_GetPipelineRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_GetPipelineResponse__Output>): grpc.ClientUnaryCall;
  GetPipeline(argument: _conveyor_router_GetPipelineRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_router_GetPipelineResponse__Output>): grpc.ClientUnaryCall;
  GetPipeline(argument: _conveyor_router_GetPipelineRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_GetPipelineResponse__Output>): grpc.ClientUnaryCall;
  GetPipeline(argument: _conveyor_router_GetPipelineRequest, callback: grpc.requestCallback<_conveyor_router_GetPipelineResponse__Output>): grpc.ClientUnaryCall;
  getPipeline(argument: _conveyor_router_GetPipelineRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_GetPipelineResponse__Output>): grpc.ClientUnaryCall;
  getPipeline(argument: _conveyor_router_GetPipelineRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_router_GetPipelineResponse__Output>): grpc.ClientUnaryCall;
  getPipeline(argument: _conveyor_router_GetPipelineRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_GetPipelineResponse__Output>): grpc.ClientUnaryCall;
  getPipeline(argument: _conveyor_router_GetPipelineRequest, callback: grpc.requestCallback<_conveyor_router_GetPipelineResponse__Output>): grpc.ClientUnaryCall;
  
  ListPipelines(argument: _conveyor_router_ListPipelinesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_ListPipelinesResponse__Output>): grpc.ClientUnaryCall;
  ListPipelines(argument: _conveyor_router_ListPipelinesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_router_ListPipelinesResponse__Output>): grpc.ClientUnaryCall;
  ListPipelines(argument: _conveyor_router_ListPipelinesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_ListPipelinesResponse__Output>): grpc.ClientUnaryCall;
  ListPipelines(argument: _conveyor_router_ListPipelinesRequest, callback: grpc.requestCallback<_conveyor_router_ListPipelinesResponse__Output>): grpc.ClientUnaryCall;
  listPipelines(argument: _conveyor_router_ListPipelinesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_ListPipelinesResponse__Output>): grpc.ClientUnaryCall;
  listPipelines(argument: _conveyor_router_ListPipelinesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_router_ListPipelinesResponse__Output>): grpc.ClientUnaryCall;
  listPipelines(argument: _conveyor_router_ListPipelinesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_ListPipelinesResponse__Output>): grpc.ClientUnaryCall;
  listPipelines(argument: _conveyor_router_ListPipelinesRequest, callback: grpc.requestCallback<_conveyor_router_ListPipelinesResponse__Output>): grpc.ClientUnaryCall;
  
  UpdatePipeline(argument: _conveyor_router_UpdatePipelineRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_UpdatePipelineResponse__Output>): grpc.ClientUnaryCall;
  UpdatePipeline(argument: _conveyor_router_UpdatePipelineRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_router_UpdatePipelineResponse__Output>): grpc.ClientUnaryCall;
  UpdatePipeline(argument: _conveyor_router_UpdatePipelineRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_UpdatePipelineResponse__Output>): grpc.ClientUnaryCall;
  UpdatePipeline(argument: _conveyor_router_UpdatePipelineRequest, callback: grpc.requestCallback<_conveyor_router_UpdatePipelineResponse__Output>): grpc.ClientUnaryCall;
  updatePipeline(argument: _conveyor_router_UpdatePipelineRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_UpdatePipelineResponse__Output>): grpc.ClientUnaryCall;
  updatePipeline(argument: _conveyor_router_UpdatePipelineRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_conveyor_router_UpdatePipelineResponse__Output>): grpc.ClientUnaryCall;
  updatePipeline(argument: _conveyor_router_UpdatePipelineRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_conveyor_router_UpdatePipelineResponse__Output>): grpc.ClientUnaryCall;
  updatePipeline(argument: _conveyor_router_UpdatePipelineRequest, callback: grpc.requestCallback<_conveyor_router_UpdatePipelineResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface RouterAdminHandlers extends grpc.UntypedServiceImplementation {
  CreatePipeline: grpc.handleUnaryCall<_conveyor_router_CreatePipelineRequest__Output, _conveyor_router_CreatePipelineResponse>;
  
  DeletePipeline: grpc.handleUnaryCall<_conveyor_router_DeletePipelineRequest__Output, _conveyor_router_DeletePipelineResponse>;
  
  DisablePipeline: grpc.handleUnaryCall<_conveyor_router_DisablePipelineRequest__Output, _conveyor_router_DisablePipelineResponse>;
  
  EnablePipeline: grpc.handleUnaryCall<_conveyor_router_EnablePipelineRequest__Output, _conveyor_router_EnablePipelineResponse>;
  
  GetClusterStatus: grpc.handleUnaryCall<_conveyor_router_GetClusterStatusRequest__Output, _conveyor_router_GetClusterStatusResponse>;
  
  GetMetrics: grpc.handleUnaryCall<_conveyor_router_GetMetricsRequest__Output, _conveyor_router_GetMetricsResponse>;
  
  GetPipeline: grpc.handleUnaryCall<_conveyor_router_GetPipelineRequest__Output, _conveyor_router_GetPipelineResponse>;
  
  ListPipelines: grpc.handleUnaryCall<_conveyor_router_ListPipelinesRequest__Output, _conveyor_router_ListPipelinesResponse>;
  
  UpdatePipeline: grpc.handleUnaryCall<_conveyor_router_UpdatePipelineRequest__Output, _conveyor_router_UpdatePipelineResponse>;
  
}

export interface RouterAdminDefinition extends grpc.ServiceDefinition {
  CreatePipeline: MethodDefinition<_conveyor_router_CreatePipelineRequest, _conveyor_router_CreatePipelineResponse, _conveyor_router_CreatePipelineRequest__Output, _conveyor_router_CreatePipelineResponse__Output>
  DeletePipeline: MethodDefinition<_conveyor_router_DeletePipelineRequest, _conveyor_router_DeletePipelineResponse, _conveyor_router_DeletePipelineRequest__Output, _conveyor_router_DeletePipelineResponse__Output>
  DisablePipeline: MethodDefinition<_conveyor_router_DisablePipelineRequest, _conveyor_router_DisablePipelineResponse, _conveyor_router_DisablePipelineRequest__Output, _conveyor_router_DisablePipelineResponse__Output>
  EnablePipeline: MethodDefinition<_conveyor_router_EnablePipelineRequest, _conveyor_router_EnablePipelineResponse, _conveyor_router_EnablePipelineRequest__Output, _conveyor_router_EnablePipelineResponse__Output>
  GetClusterStatus: MethodDefinition<_conveyor_router_GetClusterStatusRequest, _conveyor_router_GetClusterStatusResponse, _conveyor_router_GetClusterStatusRequest__Output, _conveyor_router_GetClusterStatusResponse__Output>
  GetMetrics: MethodDefinition<_conveyor_router_GetMetricsRequest, _conveyor_router_GetMetricsResponse, _conveyor_router_GetMetricsRequest__Output, _conveyor_router_GetMetricsResponse__Output>
  GetPipeline: MethodDefinition<_conveyor_router_GetPipelineRequest, _conveyor_router_GetPipelineResponse, _conveyor_router_GetPipelineRequest__Output, _conveyor_router_GetPipelineResponse__Output>
  ListPipelines: MethodDefinition<_conveyor_router_ListPipelinesRequest, _conveyor_router_ListPipelinesResponse, _conveyor_router_ListPipelinesRequest__Output, _conveyor_router_ListPipelinesResponse__Output>
  UpdatePipeline: MethodDefinition<_conveyor_router_UpdatePipelineRequest, _conveyor_router_UpdatePipelineResponse, _conveyor_router_UpdatePipelineRequest__Output, _conveyor_router_UpdatePipelineResponse__Output>
}
