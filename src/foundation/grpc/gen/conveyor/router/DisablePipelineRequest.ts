// Generated from proto/ by `make generate`.


export interface DisablePipelineRequest {
  'pipelineId'?: (string);
  'drain'?: (boolean);
}

export interface DisablePipelineRequest__Output {
  'pipelineId': (string);
  'drain': (boolean);
}
