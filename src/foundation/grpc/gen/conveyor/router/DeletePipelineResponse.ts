// Generated from proto/ by `make generate`.


export interface DeletePipelineResponse {
  'success'?: (boolean);
  'error'?: (string);
}

export interface DeletePipelineResponse__Output {
  'success': (boolean);
  'error': (string);
}
