// Generated from proto/ by `make generate`.


export interface StreamInit {
  'transformId'?: (string);
  'streamId'?: (string);
  'config'?: ({[key: string]: string});
}

export interface StreamInit__Output {
  'transformId': (string);
  'streamId': (string);
  'config': ({[key: string]: string});
}
