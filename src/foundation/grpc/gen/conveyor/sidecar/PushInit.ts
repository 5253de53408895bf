// Generated from proto/ by `make generate`.


export interface PushInit {
  'sourceId'?: (string);
  'pipelineId'?: (string);
}

export interface PushInit__Output {
  'sourceId': (string);
  'pipelineId': (string);
}
