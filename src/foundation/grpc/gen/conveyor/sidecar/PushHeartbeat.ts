// Generated from proto/ by `make generate`.


export interface PushHeartbeat {
}

export interface PushHeartbeat__Output {
}
