// Generated from proto/ by `make generate`.


export interface ListPipelinesRequest {
  'includeDisabled'?: (boolean);
}

export interface ListPipelinesRequest__Output {
  'includeDisabled': (boolean);
}
