// Generated from proto/ by `make generate`.


export interface GetClusterStatusRequest {
}

export interface GetClusterStatusRequest__Output {
}
