import { Encoding, type WireEncoder } from './encoder.ts';
import { type BatchOutline, type RecordIdOutline, type RecordOutline, recordBytes } from './outline.ts';
import { delimitedBytes, stringBytes, uintBytes } from './size.ts';

const AT_LEAST_ONCE = 1;
const MAX_UINT32 = 0xffff_ffff;
/** Of the field `records` of `conveyor.common.RecordBatch`: number 2, length-delimited. */
const RECORDS_TAG = 0x12;
/** `conveyor.sidecar.AckStatus`. */
const ACK_STATUS = { success: 1, failed: 2, retry: 3 } as const;

/** A call of a transform; its batch is put together from records of one or more others. */
export interface ProcessBatchCall extends BatchOutline {
  readonly transformId: string;
  /** What {@link encodeConfig} made of the stage's config. */
  readonly config: Buffer;
}

/** A call of a sink. */
export interface WriteBatchCall extends BatchOutline {
  readonly sinkId: string;
  /** The time that is left for the call. */
  readonly timeoutMs: number;
}

/** A call of another sidecar. */
export interface ReceiveRecordsCall extends BatchOutline {
  readonly pipelineId: string;
  readonly stageId: string;
  readonly sourceSidecarId: string;
}

/**
 * A stage's `transform_config`, as the encoded field of `conveyor.transform.ProcessBatchRequest`: made once and
 * copied into each call.
 */
export function encodeConfig(config: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(config).map(([key, value]) => {
    const bytes = stringBytes(1, key) + stringBytes(2, value);
    return { key, value, bytes };
  });
  const bytes = entries.reduce((sum, entry) => sum + delimitedBytes(3, entry.bytes), 0);
  return new Encoding(bytes, (encoder) => {
    for (const { key, value, bytes } of entries) {
      encoder.open(3, bytes);
      encoder.string(1, key);
      encoder.string(2, value);
    }
  }).toBuffer();
}

/** Encodes a `conveyor.transform.ProcessBatchRequest`. */
export function writeProcessBatchRequest(call: ProcessBatchCall): Encoding {
  const { transformId, config } = call;
  const batchBytes = batchContentBytes(call);
  const bytes = stringBytes(1, transformId) + delimitedBytes(2, batchBytes) + config.length;
  return new Encoding(bytes, (encoder) => {
    encoder.string(1, transformId);
    encodeBatch(encoder, 2, call, batchBytes);
    encoder.copy(config, 0, config.length);
  });
}

/** Encodes a `conveyor.sink.WriteBatchRequest`: acknowledged, within `timeoutMs`, at least once. */
export function writeWriteBatchRequest(call: WriteBatchCall): Encoding {
  const { sinkId } = call;
  const batchBytes = batchContentBytes(call);
  const timeoutMs = Math.min(call.timeoutMs, MAX_UINT32);
  const optionBytes = uintBytes(1, 1) + uintBytes(2, timeoutMs) + uintBytes(3, AT_LEAST_ONCE);
  const bytes = stringBytes(1, sinkId) + delimitedBytes(2, batchBytes) + delimitedBytes(3, optionBytes);
  return new Encoding(bytes, (encoder) => {
    encoder.string(1, sinkId);
    encodeBatch(encoder, 2, call, batchBytes);
    encoder.open(3, optionBytes);
    encoder.uint(1, 1);
    encoder.uint(2, timeoutMs);
    encoder.uint(3, AT_LEAST_ONCE);
  });
}

/** Encodes a `conveyor.sidecar.ReceiveRecordsRequest`. */
export function writeReceiveRecordsRequest(call: ReceiveRecordsCall): Encoding {
  const { pipelineId, stageId, sourceSidecarId } = call;
  const batchBytes = batchContentBytes(call);
  const nameBytes = stringBytes(1, pipelineId) + stringBytes(2, stageId) + stringBytes(3, sourceSidecarId);
  return new Encoding(nameBytes + delimitedBytes(4, batchBytes), (encoder) => {
    encoder.string(1, pipelineId);
    encoder.string(2, stageId);
    encoder.string(3, sourceSidecarId);
    encodeBatch(encoder, 4, call, batchBytes);
  });
}

/** What became of a record that did not succeed. */
export interface AckException {
  readonly status: 'failed' | 'retry';
  readonly error: string;
  /** Stable, UPPER_SNAKE (semantics.md, "Codes"). */
  readonly code: string;
}

/** What became of a batch, as its sender is told: every record succeeded, but for the exceptions. */
export interface BatchAcks {
  /** Their ids are copied as they came; left out for a record without one. */
  readonly records: readonly RecordOutline[];
  /** By the record's index. */
  readonly exceptions: ReadonlyMap<number, AckException>;
}

/** Encodes a `conveyor.sidecar.PushRecordsResponse` with an ack, which is a success if every record is. */
export function writePushAck(batchId: string, acks: BatchAcks): Buffer {
  const success = Number(acks.exceptions.size === 0);
  const bytes = stringBytes(1, batchId) + uintBytes(2, success) + ackListBytes(acks);
  return new Encoding(delimitedBytes(1, bytes), (encoder) => {
    encoder.open(1, bytes);
    encoder.string(1, batchId);
    encoder.uint(2, success);
    encodeAcks(encoder, acks);
  }).toBuffer();
}

/** Encodes a `conveyor.sidecar.ReceiveRecordsResponse`, which is a success if every record is. */
export function writeReceiveRecordsResponse(acks: BatchAcks, error = ''): Buffer {
  const success = Number(acks.exceptions.size === 0);
  const bytes = uintBytes(1, success) + stringBytes(2, error) + ackListBytes(acks);
  return new Encoding(bytes, (encoder) => {
    encoder.uint(1, success);
    encoder.string(2, error);
    encodeAcks(encoder, acks);
  }).toBuffer();
}

/** Encodes a `conveyor.sidecar.PushRecordsResponse` that pauses the source, or lets it go on. */
export function writeBackpressure(order: { pause: boolean; waitMs: number; reason: string }): Buffer {
  const pause = Number(order.pause);
  const waitMs = Math.min(order.waitMs, MAX_UINT32);
  const bytes = uintBytes(1, pause) + uintBytes(2, waitMs) + stringBytes(3, order.reason);
  return new Encoding(delimitedBytes(2, bytes), (encoder) => {
    encoder.open(2, bytes);
    encoder.uint(1, pause);
    encoder.uint(2, waitMs);
    encoder.string(3, order.reason);
  }).toBuffer();
}

/** Encodes a `conveyor.sidecar.PushRecordsResponse` that grants this many more records. */
export function writeCredits(granted: number): Buffer {
  const bytes = uintBytes(1, granted);
  return new Encoding(delimitedBytes(3, bytes), (encoder) => {
    encoder.open(3, bytes);
    encoder.uint(1, granted);
  }).toBuffer();
}

/** Bytes of the batch's content, without tag and length. */
function batchContentBytes({ batchId, records, watermark }: BatchOutline): number {
  let bytes = stringBytes(1, batchId);
  for (const record of records) bytes += recordBytes(record);
  return watermark ? bytes + delimitedBytes(3, watermark.end - watermark.start) : bytes;
}

function encodeBatch(encoder: WireEncoder, field: number, batch: BatchOutline, contentBytes: number): void {
  encoder.open(field, contentBytes);
  encoder.string(1, batch.batchId);
  encodeRecords(encoder, batch.records);
  if (batch.watermark) encoder.range(3, batch.watermark);
}

/** The field `records` of a batch, number 2. Neighbours in a batch that came, as most are, are copied in one piece. */
function encodeRecords(encoder: WireEncoder, records: readonly RecordOutline[]): void {
  for (let from = 0; from < records.length;) {
    const first = records[from];
    if (first === undefined) return;
    let last = first;
    for (from++; from < records.length; from++) {
      const next = records[from];
      if (next === undefined || !isNextInBatch(last, next)) break;
      last = next;
    }
    encoder.open(2, first.end - first.start);
    encoder.copy(first.bytes, first.start, last.end);
  }
}

/** Whether between two records there is but the second one's tag and length, as a batch would have them. */
function isNextInBatch({ bytes, end }: RecordOutline, next: RecordOutline): boolean {
  return bytes === next.bytes && bytes[end] === RECORDS_TAG && next.end - end === recordBytes(next);
}

/** Bytes of the field `record_acks`, which has number 3 in both answers. */
function ackListBytes({ records, exceptions }: BatchAcks): number {
  let bytes = 0;
  for (let i = 0; i < records.length; i++)
    bytes += delimitedBytes(3, ackBytes(records[i]?.id, exceptions.get(i)));
  return bytes;
}

function encodeAcks(encoder: WireEncoder, { records, exceptions }: BatchAcks): void {
  for (let i = 0; i < records.length; i++) {
    const id = records[i]?.id;
    const exception = exceptions.get(i);
    encoder.open(3, ackBytes(id, exception));
    if (id) encoder.range(1, id);
    encoder.uint(2, ACK_STATUS[exception?.status ?? 'success']);
    if (exception === undefined) continue;
    encoder.string(3, exception.error);
    encoder.string(100, exception.code);
  }
}

function ackBytes(id: RecordIdOutline | undefined, exception: AckException | undefined): number {
  const bytes =
    (id ? delimitedBytes(1, id.end - id.start) : 0) +
    uintBytes(2, ACK_STATUS[exception?.status ?? 'success']);
  return exception ? bytes + stringBytes(3, exception.error) + stringBytes(100, exception.code) : bytes;
}
