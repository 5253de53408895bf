// Generated from proto/ by `make generate`.


export interface FlushRequest {
  'sinkId'?: (string);
  'waitForCompletion'?: (boolean);
}

export interface FlushRequest__Output {
  'sinkId': (string);
  'waitForCompletion': (boolean);
}
