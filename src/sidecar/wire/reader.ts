import { isUtf8 } from 'node:buffer';
import { ConveyorError } from '../../foundation/errors.ts';
import type { ByteRange } from './outline.ts';

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;
const MAX_VARINT_BYTES = 10;
const REPLACEMENT_CHARACTER = '\uFFFD';

/**
 * Elements (records, results, acknowledgements) that one message may hold. An element can be as short as two bytes
 * and its outline takes about a hundred, so without a bound a message within the size limit could fill the heap.
 */
export const MAX_ELEMENTS = 262_144;

/**
 * A strict cursor over one proto3 message: `next()` moves to the next field, the method of its type (or `skip()`)
 * consumes it, `enter()` and `leave()` bracket a nested message. It allocates nothing and never reads past the
 * message that it is in. Groups, field number 0, wire types that a field cannot have, varints over ten bytes and
 * lengths past the end are refused with MALFORMED, naming the byte.
 */
export class WireReader {
  /** What is read; every range refers to it. */
  readonly bytes: Buffer;
  readonly #message: string;
  #position = 0;
  #end: number;
  #field = 0;
  #fieldAt = 0;
  #wireType = 0;
  #high = 0;
  #elements = 0;

  /** `message` is the name that errors give. A plain Uint8Array is viewed, not copied. */
  constructor(bytes: Uint8Array, message: string) {
    this.bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#message = message;
    this.#end = bytes.length;
  }

  /** The byte that is read next; after `delimited()` the end of that field's content. */
  get position(): number {
    return this.#position;
  }

  /** Where the message that is being read ends. */
  get end(): number {
    return this.#end;
  }

  /** The field number that `next()` found. */
  get field(): number {
    return this.#field;
  }

  /** The upper 32 bits of the varint read last. */
  get high(): number {
    return this.#high;
  }

  /** Moves to the next field; false at the end of the message that is being read. */
  next(): boolean {
    if (this.#position === this.#end) return false;
    this.#fieldAt = this.#position;
    const tag = this.#varint();
    this.#field = tag >>> 3;
    this.#wireType = tag & 7;
    if (this.#field === 0 || this.#high !== 0) throw this.malformed('invalid field number');
    return true;
  }

  /** A varint's low 32 bits, unsigned; `high` has the others. A 32-bit field is truncated, as protobufjs does. */
  uint32(): number {
    this.#expect(VARINT);
    return this.#varint();
  }

  /** A bool: any value but 0 is true. */
  bool(): boolean {
    return this.uint32() !== 0 || this.#high !== 0;
  }

  /** Passes a length-delimited field and answers where its content starts; `position` is then where it ends. */
  delimited(): number {
    const end = this.#contentEnd();
    const start = this.#position;
    this.#position = end;
    return start;
  }

  /** A string; MALFORMED if it is not UTF-8. */
  string(): string {
    const start = this.delimited();
    if (start === this.#position) return '';
    const text = this.bytes.toString('utf8', start, this.#position);
    // only a text with the replacement character can have been invalid
    if (text.includes(REPLACEMENT_CHARACTER) && !isUtf8(this.bytes.subarray(start, this.#position))) {
      throw this.malformed('invalid UTF-8');
    }
    return text;
  }

  /** Goes into the nested message of this field; answers what `leave()` takes when `next()` has become false. */
  enter(): number {
    const outer = this.#end;
    this.#end = this.#contentEnd();
    return outer;
  }

  /** Goes back to the enclosing message. */
  leave(outer: number): void {
    this.#end = outer;
  }

  /** Passes a length-delimited field whose content is the range's, byte for byte; false if it is not, and nothing is passed. */
  passes({ bytes, start, end }: ByteRange): boolean {
    const before = this.#position;
    const contentEnd = this.#contentEnd();
    let same = contentEnd - this.#position === end - start;
    for (let at = start, here = this.#position; same && at < end; at++, here++) {
      same = bytes[at] === this.bytes[here];
    }
    this.#position = same ? contentEnd : before;
    return same;
  }

  /** Passes a field whose content does not matter. */
  skip(): void {
    switch (this.#wireType) {
      case VARINT:
        this.#varint();
        break;
      case FIXED64:
        this.#advance(8);
        break;
      case LENGTH_DELIMITED:
        this.delimited();
        break;
      case FIXED32:
        this.#advance(4);
        break;
      default:
        throw this.malformed(`unsupported wire type ${this.#wireType}`);
    }
  }

  /** Counts an element that is kept; TOO_LARGE above {@link MAX_ELEMENTS}. */
  countElement(): void {
    if (++this.#elements <= MAX_ELEMENTS) return;
    throw new ConveyorError('TOO_LARGE', this.#describe(`more than ${MAX_ELEMENTS} elements`, this.#fieldAt));
  }

  /** The error for something wrong with the current field. */
  malformed(what: string, at = this.#fieldAt): ConveyorError {
    return new ConveyorError('MALFORMED', this.#describe(what, at));
  }

  #describe(what: string, at: number): string {
    return `${what} at byte ${at} of ${this.#message}`;
  }

  #expect(wireType: number): void {
    if (this.#wireType === wireType) return;
    throw this.malformed(`wire type ${this.#wireType} instead of ${wireType} for field ${this.#field}`);
  }

  /** Reads the length of this field and answers where its content, which starts at `position`, ends. */
  #contentEnd(): number {
    this.#expect(LENGTH_DELIMITED);
    const at = this.#position;
    const length = this.#varint();
    if (this.#high !== 0 || length > this.#end - this.#position)
      throw this.malformed('length past the end', at);
    return this.#position + length;
  }

  #advance(count: number): void {
    if (count > this.#end - this.#position) throw this.malformed('truncated field', this.#position);
    this.#position += count;
  }

  #varint(): number {
    const byte = this.#position < this.#end ? (this.bytes[this.#position] ?? 0) : 0x80;
    if (byte >= 0x80) return this.#longVarint();
    this.#position++;
    this.#high = 0;
    return byte;
  }

  #longVarint(): number {
    const start = this.#position;
    const end = Math.min(this.#end, start + MAX_VARINT_BYTES);
    let low = 0;
    let high = 0;
    for (let at = start, shift = 0; at < end; at++, shift += 7) {
      const byte = this.bytes[at] ?? 0;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift > 28) high |= bits << (shift - 32);
      else {
        low |= bits << 28;
        high = bits >>> 4;
      }
      if (byte < 0x80) {
        this.#position = at + 1;
        this.#high = high >>> 0;
        return low >>> 0;
      }
    }
    throw this.malformed(
      end - start < MAX_VARINT_BYTES ? 'truncated varint' : 'varint over ten bytes',
      start,
    );
  }
}
