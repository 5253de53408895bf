// Generated from proto/ by `make generate`.


export interface EnablePipelineResponse {
  'success'?: (boolean);
  'error'?: (string);
}

export interface EnablePipelineResponse__Output {
  'success': (boolean);
  'error': (string);
}
