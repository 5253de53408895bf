import { ConveyorError } from '../../foundation/errors.ts';
import type { ByteRange } from './outline.ts';

const VARINT = 0;
const LENGTH_DELIMITED = 2;
/** Up to this length a loop in JavaScript copies faster than a call of Buffer.copy. */
const LOOP_COPY_BYTES = 48;

/**
 * Fills one buffer of exactly the size computed with the functions of `size.ts`, field after field. Like them it leaves
 * out what has its proto3 default.
 */
export class WireEncoder {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafe(size);
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
  range(field: number, range: ByteRange): void {
    const { bytes, start, end } = range;
    this.open(field, end - start);
    this.#copy(bytes, start, end);
  }

  /** Whole fields that are encoded already. */
  fields(bytes: Buffer): void {
    this.#copy(bytes, 0, bytes.length);
  }

  /** The filled buffer. INTERNAL if the size was not met: what was allocated unsafely must not leave half filled. */
  finish(): Buffer {
    if (this.#position === this.#bytes.length) return this.#bytes;
    throw new ConveyorError('INTERNAL', `encoded ${this.#position} of ${this.#bytes.length} bytes`);
  }

  #copy(source: Buffer, start: number, end: number): void {
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
