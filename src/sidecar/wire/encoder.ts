import { ConveyorError } from '../../foundation/errors.ts';
import type { ByteRange } from './outline.ts';

const VARINT = 0;
const LENGTH_DELIMITED = 2;
/** Up to this length a loop in JavaScript copies faster than a call of Buffer.copy. */
const LOOP_COPY_BYTES = 48;

/**
 * A message of known length that is yet to be written: what is sent is written straight into the frame that leaves, and
 * lies nowhere else before. Written twice, it comes out the same.
 */
export class Encoding {
  /** Bytes that it takes, computed with the functions of `size.ts`. */
  readonly length: number;
  readonly #fill: (encoder: WireEncoder) => void;

  constructor(length: number, fill: (encoder: WireEncoder) => void) {
    this.length = length;
    this.#fill = fill;
  }

  /** Writes it to a place in a buffer, as Buffer.copy does. INTERNAL if it does not come to its length. */
  copy(target: Buffer, at: number): void {
    const encoder = new WireEncoder(target, at);
    this.#fill(encoder);
    const written = encoder.position - at;
    // what was allocated unsafely must not leave half filled
    if (written !== this.length)
      throw new ConveyorError('INTERNAL', `encoded ${written} of ${this.length} bytes`);
  }

  /** It in a buffer of its own. */
  toBuffer(): Buffer {
    const buffer = Buffer.allocUnsafe(this.length);
    this.copy(buffer, 0);
    return buffer;
  }
}

/** Writes field after field from a place in a buffer on. It leaves out what has its proto3 default. */
export class WireEncoder {
  readonly #bytes: Buffer;
  #position: number;

  constructor(bytes: Buffer, position: number) {
    this.#bytes = bytes;
    this.#position = position;
  }

  /** Where the next byte goes. */
  get position(): number {
    return this.#position;
  }

  /** A message field's tag and length; its `contentBytes` bytes are to follow. */
  open(field: number, contentBytes: number): void {
    this.#varint(field * 8 + LENGTH_DELIMITED);
    this.#varint(contentBytes);
  }

  /** A string field. */
  string(field: number, text: string): void {
    if (text === '') return;
    this.open(field, Buffer.byteLength(text));
    this.#position += this.#bytes.write(text, this.#position);
  }

  /** An unsigned integer, enum or bool field; a fraction is cut off, what is not above 0 is not written. */
  uint(field: number, value: number): void {
    if (value <= 0) return;
    this.#varint(field * 8 + VARINT);
    this.#varint(value);
  }

  /** A message field whose content is copied. */
  range(field: number, { bytes, start, end }: ByteRange): void {
    this.open(field, end - start);
    this.copy(bytes, start, end);
  }

  /** Bytes that are encoded already. */
  copy(source: Buffer, start: number, end: number): void {
    // a source that was given back early must not leave as zeros
    if (end > source.length)
      throw new ConveyorError('INTERNAL', `encoding byte ${end} of a message of ${source.length}`);
    const target = this.#bytes;
    let position = this.#position;
    this.#position += end - start;
    if (end - start > LOOP_COPY_BYTES) source.copy(target, position, start, end);
    else for (let at = start; at < end; at++) target[position++] = source[at] ?? 0;
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes[this.#position++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#position++] = rest;
  }
}
