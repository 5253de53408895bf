// Generated from proto/ by `make generate`.


export interface Empty {
}

export interface Empty__Output {
}
