// Generated from proto/ by `make generate`.


export interface ExtensionRequest {
  'containingType'?: (string);
  'extensionNumber'?: (number);
}

export interface ExtensionRequest__Output {
  'containingType': (string);
  'extensionNumber': (number);
}
