// Generated from proto/ by `make generate`.


export interface Capabilities {
  'transformId'?: (string);
  'supportedRecordTypes'?: (string)[];
  'supportsStreaming'?: (boolean);
  'maxBatchSize'?: (number);
  'maxConcurrentBatches'?: (number);
}

export interface Capabilities__Output {
  'transformId': (string);
  'supportedRecordTypes': (string)[];
  'supportsStreaming': (boolean);
  'maxBatchSize': (number);
  'maxConcurrentBatches': (number);
}
