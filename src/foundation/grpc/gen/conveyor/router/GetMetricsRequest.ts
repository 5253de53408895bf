// Generated from proto/ by `make generate`.


export interface GetMetricsRequest {
  'metricNames'?: (string)[];
}

export interface GetMetricsRequest__Output {
  'metricNames': (string)[];
}
