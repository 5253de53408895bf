// Generated from proto/ by `make generate`.


export interface WatchAssignmentsRequest {
  'sidecarId'?: (string);
  'registrationId'?: (string);
}

export interface WatchAssignmentsRequest__Output {
  'sidecarId': (string);
  'registrationId': (string);
}
