import type { BatchOutline, ByteRange, RecordIdOutline, RecordOutline } from './outline.ts';
import { WireReader } from './reader.ts';

/**
 * Reads the `conveyor.common.RecordBatch` in the reader's current field. A batch, a record or an id that
 * occurs twice where one belongs is MALFORMED: proto3 would merge the two, and dropping one would lose records.
 */
export function readBatch(reader: WireReader): BatchOutline {
  const outer = reader.enter();
  const records: RecordOutline[] = [];
  let batchId = '';
  let watermark: ByteRange | undefined;
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        batchId = reader.string();
        break;
      case 2:
        records.push(readRecord(reader));
        break;
      case 3:
        if (watermark) throw reader.malformed('second watermark');
        watermark = { bytes: reader.bytes, start: reader.delimited(), end: reader.position };
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  return { batchId, records, watermark };
}

/**
 * Reads the `conveyor.common.Record` in the reader's current field; of its content only the id is looked at.
 * @param like the id that it probably has, as in {@link readOnlyId}.
 */
export function readRecord(reader: WireReader, like?: RecordIdOutline): RecordOutline {
  reader.countElement();
  const outer = reader.enter();
  const { bytes, position: start, end } = reader;
  let id: RecordIdOutline | undefined;
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        id = readOnlyId(reader, id, like);
        break;
      case 2: // record_type
      case 3: // key
      case 4: // payload
      case 5: // metadata
      case 6: // event_time
      case 7: // ingestion_time
        reader.delimited();
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  return { bytes, start, end, id };
}

/** The record_type, empty if absent. Bytes that are not UTF-8 become U+FFFD: such a type equals no stated one. */
export function readRecordType({ bytes, start, end }: RecordOutline): string {
  const reader = new WireReader(bytes.subarray(start, end), 'Record');
  let type = '';
  while (reader.next()) {
    if (reader.field === 2) type = reader.bytes.toString('utf8', reader.delimited(), reader.position);
    else reader.skip();
  }
  return type;
}

/**
 * Reads the `conveyor.common.RecordId` in the reader's current field; MALFORMED if `before` was read already.
 * @param like an id that is known already: it is given where the bytes are the same, and nothing is read twice.
 */
export function readOnlyId(
  reader: WireReader,
  before: RecordIdOutline | undefined,
  like?: RecordIdOutline,
): RecordIdOutline {
  if (before) throw reader.malformed('second record id');
  if (like !== undefined && reader.passes(like)) return like;
  const outer = reader.enter();
  const { bytes, position: start, end } = reader;
  let sourceStart = start;
  let sourceEnd = start;
  let partition = 0;
  let sequenceLow = 0;
  let sequenceHigh = 0;
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        sourceStart = reader.delimited();
        sourceEnd = reader.position;
        break;
      case 2:
        partition = reader.uint32();
        break;
      case 3:
        sequenceLow = reader.uint32();
        sequenceHigh = reader.high;
        break;
      case 4: // idempotency_key
        reader.delimited();
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  return { bytes, start, end, sourceStart, sourceEnd, partition, sequenceLow, sequenceHigh };
}
