import { delimitedBytes } from './size.ts';

/** A stretch of an encoded message: from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Where a RecordId lies, and who it says the record is. An absent field has its proto3 default. */
export interface RecordIdOutline extends ByteRange {
  readonly sourceStart: number;
  readonly sourceEnd: number;
  readonly partition: number;
  /** The lower 32 bits of `sequence_number`, unsigned. */
  readonly sequenceLow: number;
  /** The upper 32 bits of `sequence_number`, unsigned. */
  readonly sequenceHigh: number;
}

/** Where the content of a Record lies, and who it says it is. */
export interface RecordOutline extends ByteRange {
  /** Undefined if the record has none; an id without fields is one. */
  readonly id: RecordIdOutline | undefined;
}

/** A RecordBatch that stays encoded. */
export interface BatchOutline {
  readonly batchId: string;
  readonly records: readonly RecordOutline[];
  /** The content of the Watermark message. */
  readonly watermark: ByteRange | undefined;
}

/** The field `records` of RecordBatch. */
const RECORDS = 2;

/** Whether both name one record: same source_id, partition and sequence_number (semantics.md, "Acknowledgement"). */
export function sameId(a: RecordIdOutline, b: RecordIdOutline): boolean {
  return a.sequenceLow === b.sequenceLow && a.sequenceHigh === b.sequenceHigh && sameLane(a, b);
}

/** Whether both stand in one lane: same source_id and partition (semantics.md, "Order"). */
export function sameLane(a: RecordIdOutline, b: RecordIdOutline): boolean {
  if (a === b) return true;
  const length = a.sourceEnd - a.sourceStart;
  if (a.partition !== b.partition || length !== b.sourceEnd - b.sourceStart) return false;
  const inA = a.bytes;
  const inB = b.bytes;
  // source ids are short: a loop beats the call of Buffer.compare
  for (let at = a.sourceStart, other = b.sourceStart; at < a.sourceEnd; at++, other++) {
    if (inA[at] !== inB[other]) return false;
  }
  return true;
}

/** A Map key for what {@link sameId} compares; not for display. */
export function idKey(id: RecordIdOutline): string {
  return `${id.sequenceHigh}:${id.sequenceLow}:${laneKey(id)}`;
}

/** A number that is the same for what {@link sameId} says is, and seldom for anything else: cheaper than a key. */
export function idHash(id: RecordIdOutline): number {
  // FNV-1a over source_id, begun with the numbers, each spread over all bits so that neighbours do not meet
  let hash =
    Math.imul(id.sequenceLow, 0xc2b2ae35) ^
    Math.imul(id.sequenceHigh, 0x85ebca6b) ^
    Math.imul(id.partition, 0x9e3779b1);
  for (let at = id.sourceStart; at < id.sourceEnd; at++) {
    hash = Math.imul(hash ^ (id.bytes[at] ?? 0), 0x01000193);
  }
  return hash;
}

/** A Map key for what {@link sameLane} compares; not for display. */
export function laneKey(id: RecordIdOutline): string {
  // latin1 maps each byte to a character of its own, so even invalid UTF-8 stays distinct
  return `${id.partition}:${id.bytes.toString('latin1', id.sourceStart, id.sourceEnd)}`;
}

/** Bytes that the record takes as one element of `records` in a batch: tag, length and content. */
export function recordBytes(record: RecordOutline): number {
  return delimitedBytes(RECORDS, record.end - record.start);
}
