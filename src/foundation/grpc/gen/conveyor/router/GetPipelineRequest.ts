// Generated from proto/ by `make generate`.


export interface GetPipelineRequest {
  'pipelineId'?: (string);
}

export interface GetPipelineRequest__Output {
  'pipelineId': (string);
}
