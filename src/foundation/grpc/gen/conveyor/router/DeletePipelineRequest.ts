// Generated from proto/ by `make generate`.


export interface DeletePipelineRequest {
  'pipelineId'?: (string);
  'force'?: (boolean);
}

export interface DeletePipelineRequest__Output {
  'pipelineId': (string);
  'force': (boolean);
}
