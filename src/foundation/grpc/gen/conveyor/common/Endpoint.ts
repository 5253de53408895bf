// Generated from proto/ by `make generate`.


export interface Endpoint {
  'host'?: (string);
  'port'?: (number);
  'useTls'?: (boolean);
}

export interface Endpoint__Output {
  'host': (string);
  'port': (number);
  'useTls': (boolean);
}
