// Generated from proto/ by `make generate`.


export interface DeregisterSidecarRequest {
  'sidecarId'?: (string);
  'registrationId'?: (string);
  'reason'?: (string);
}

export interface DeregisterSidecarRequest__Output {
  'sidecarId': (string);
  'registrationId': (string);
  'reason': (string);
}
