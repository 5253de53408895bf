// Generated from proto/ by `make generate`.


export interface DeregisterSidecarResponse {
  'success'?: (boolean);
  'error'?: (string);
}

export interface DeregisterSidecarResponse__Output {
  'success': (boolean);
  'error': (string);
}
