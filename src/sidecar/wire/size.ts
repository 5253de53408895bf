/** Bytes of `value` as a varint; `value` is from 0 to 2^53 - 1. */
export function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  if (value < 0x10000000) return 4;
  return 4 + varintBytes(Math.floor(value / 0x10000000));
}

/** Bytes of a length-delimited field: tag, length and content. */
export function delimitedBytes(field: number, contentBytes: number): number {
  return varintBytes(field * 8) + varintBytes(contentBytes) + contentBytes;
}

/** Bytes of a string field; an empty one is not written. */
export function stringBytes(field: number, text: string): number {
  return text === '' ? 0 : delimitedBytes(field, Buffer.byteLength(text));
}

/** Bytes of an unsigned integer, enum or bool field; what is not above 0 is not written. */
export function uintBytes(field: number, value: number): number {
  return value <= 0 ? 0 : varintBytes(field * 8) + varintBytes(value);
}
