// Generated from proto/ by `make generate`.


export interface MetadataMatch {
  'key'?: (string);
  'pattern'?: (string);
}

export interface MetadataMatch__Output {
  'key': (string);
  'pattern': (string);
}
