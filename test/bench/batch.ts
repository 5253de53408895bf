import { serviceDefinition } from '../../src/foundation/grpc/definitions.ts';
import type { Record as ConveyorRecord } from '../../src/foundation/grpc/gen/conveyor/common/Record.ts';
import type { RecordBatch } from '../../src/foundation/grpc/gen/conveyor/common/RecordBatch.ts';
import type { RecordOutline } from '../../src/sidecar/wire/outline.ts';
import { readPushRecordsRequest } from '../../src/sidecar/wire/requests.ts';

/** Bytes of one record, encoded. */
export const RECORD_BYTES = 1_024;
/** From here on sequence numbers take five bytes, so that one can be put in another's place. */
const FIRST_SEQUENCE = 2 ** 28;
const SEQUENCE_BYTES = 5;
const BATCH_ID_DIGITS = 12;

const push = serviceDefinition('conveyor.sidecar.SidecarDataPlane').PushRecords;

/** An event as a source would send it: an id, a type, a key, two labels, a time, and a payload that fills it up. */
function recordOf(partition: number, sequenceNumber: number, payloadBytes: number): ConveyorRecord {
  return {
    id: { sourceId: 'source', partition, sequenceNumber },
    recordType: 'bench.event',
    key: Buffer.from('customer-0042'),
    payload: Buffer.alloc(payloadBytes, 7),
    metadata: { tenant: 'acme', region: 'eu-central-1' },
    eventTime: { seconds: 1_700_000_000, nanos: 123_456_789 },
  };
}

function encoded(batch: RecordBatch): { bytes: Buffer; records: readonly RecordOutline[] } {
  const bytes = push.requestSerialize({ batch });
  const request = readPushRecordsRequest(bytes);
  if (request.kind !== 'batch') throw new Error('encoded something else than a batch');
  return { bytes, records: request.batch.records };
}

/** The payload with which a record has {@link RECORD_BYTES}. */
function payloadBytesOf(partition: number): number {
  const { records } = encoded({ records: [recordOf(partition, FIRST_SEQUENCE, RECORD_BYTES)] });
  return 2 * RECORD_BYTES - (records[0]!.end - records[0]!.start);
}

/** A batch of records of one partition, as the calls take it; `batchId` has {@link BATCH_ID_DIGITS} digits. */
export function batchOf(count: number, partition: number): RecordBatch {
  const payloadBytes = payloadBytesOf(partition);
  return {
    batchId: '0'.repeat(BATCH_ID_DIGITS),
    records: Array.from({ length: count }, (_, i) => recordOf(partition, FIRST_SEQUENCE + i, payloadBytes)),
  };
}

/** An encoded `PushRecordsRequest` that becomes another batch without being encoded again. */
export interface BatchTemplate {
  readonly bytes: Buffer;
  /** Gives the batch an id and its records the sequence numbers from this one on. */
  renumber(batchId: string, sequence: number): void;
}

/** Encodes a batch once. */
export function batchTemplate(count: number, partition: number): BatchTemplate {
  const { bytes, records } = encoded(batchOf(count, partition));
  const idAt = bytes.indexOf('0'.repeat(BATCH_ID_DIGITS));
  // the sequence number is the last field of an id
  const sequencesAt = records.map(({ id }) => id!.end - SEQUENCE_BYTES);
  return {
    bytes,
    renumber(batchId, sequence) {
      bytes.write(batchId.padStart(BATCH_ID_DIGITS, '0'), idAt, 'latin1');
      sequencesAt.forEach((at, index) => writeVarint(bytes, at, FIRST_SEQUENCE + sequence + index));
    },
  };
}

function writeVarint(bytes: Buffer, at: number, value: number): void {
  let rest = value;
  for (let i = 0; i < SEQUENCE_BYTES - 1; i++, rest = Math.floor(rest / 0x80))
    bytes[at + i] = (rest & 0x7f) | 0x80;
  bytes[at + SEQUENCE_BYTES - 1] = rest;
}
