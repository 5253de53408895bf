// Generated from proto/ by `make generate`.


export interface RemoteSidecar {
  'sidecarId'?: (string);
  'endpoint'?: (string);
  'weight'?: (number);
}

export interface RemoteSidecar__Output {
  'sidecarId': (string);
  'endpoint': (string);
  'weight': (number);
}
