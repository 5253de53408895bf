// Generated from proto/ by `make generate`.


export interface GetMetricsResponse {
  'metrics'?: ({[key: string]: number | string});
}

export interface GetMetricsResponse__Output {
  'metrics': ({[key: string]: number});
}
