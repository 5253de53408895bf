// Generated from proto/ by `make generate`.


export interface CreatePipelineResponse {
  'success'?: (boolean);
  'pipelineId'?: (string);
  'error'?: (string);
}

export interface CreatePipelineResponse__Output {
  'success': (boolean);
  'pipelineId': (string);
  'error': (string);
}
