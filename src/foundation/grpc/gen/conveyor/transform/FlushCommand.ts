// Generated from proto/ by `make generate`.


export interface FlushCommand {
  'streamId'?: (string);
}

export interface FlushCommand__Output {
  'streamId': (string);
}
