// Generated from proto/ by `make generate`.


export interface EnablePipelineRequest {
  'pipelineId'?: (string);
}

export interface EnablePipelineRequest__Output {
  'pipelineId': (string);
}
