/** What is written of DER, the encoding of certificates (ITU-T X.690): no more than a certificate needs. */

const value = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
};

function lengthOf(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.from([bytes]);
  return bytes < 0x100 ? Buffer.from([0x81, bytes]) : Buffer.from([0x82, bytes >> 8, bytes & 0xff]);
}

/** SEQUENCE. */
export const sequence = (...parts: readonly Uint8Array[]): Buffer => value(0x30, ...parts);
/** SET. */
export const set = (...parts: readonly Uint8Array[]): Buffer => value(0x31, ...parts);
/** OCTET STRING. */
export const octets = (...parts: readonly Uint8Array[]): Buffer => value(0x04, ...parts);
/** UTF8String. */
export const utf8 = (text: string): Buffer => value(0x0c, Buffer.from(text));
/** BOOLEAN: TRUE; what is false is its default, and left out. */
export const yes = (): Buffer => value(0x01, Buffer.from([0xff]));
/** BIT STRING, of which the last `unused` bits do not count. */
export const bits = (bytes: Uint8Array, unused = 0): Buffer => value(0x03, Buffer.from([unused]), bytes);
/** A context tag around a whole value. */
export const explicit = (tag: number, ...parts: readonly Uint8Array[]): Buffer => value(0xa0 | tag, ...parts);
/** A context tag in the place of a primitive value's own. */
export const implicit = (tag: number, bytes: Uint8Array): Buffer => value(0x80 | tag, bytes);

/** INTEGER, not negative, of big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Buffer.from([0]) : bytes.subarray(first);
  return value(0x02, ...((digits[0] ?? 0) >= 0x80 ? [Buffer.from([0])] : []), digits);
}

/** OBJECT IDENTIFIER, of its dotted text. */
export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  return value(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(arc: number): number[] {
  const digits = [arc & 0x7f];
  for (let left = arc >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

/** Time: UTCTime to the end of 2049, GeneralizedTime from then on (RFC 5280, 4.1.2.5). Milliseconds are cut off. */
export function time(wallMs: number): Buffer {
  const text = `${new Date(wallMs).toISOString().replaceAll(/[-:T]|\..*/g, '')}Z`;
  return text < '2050' ? value(0x17, Buffer.from(text.slice(2))) : value(0x18, Buffer.from(text));
}
