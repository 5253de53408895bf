// Generated from proto/ by `make generate`.


export interface PushBackpressure {
  'pause'?: (boolean);
  'waitMs'?: (number);
  'reason'?: (string);
}

export interface PushBackpressure__Output {
  'pause': (boolean);
  'waitMs': (number);
  'reason': (string);
}
