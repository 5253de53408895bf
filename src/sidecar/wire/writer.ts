import { WireEncoder } from './encoder.ts';
import { type BatchOutline, type RecordIdOutline, type RecordOutline, recordBytes } from './outline.ts';
import { delimitedBytes, stringBytes, uintBytes } from './size.ts';

const AT_LEAST_ONCE = 1;
const MAX_UINT32 = 0xffff_ffff;
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
  const encoder = new WireEncoder(entries.reduce((sum, { bytes }) => sum + delimitedBytes(3, bytes), 0));
  for (const { key, value, bytes } of entries) {
    encoder.open(3, bytes);
    encoder.string(1, key);
    encoder.string(2, value);
  }
  return encoder.finish();
}

/** Encodes a `conveyor.transform.ProcessBatchRequest`. */
export function writeProcessBatchRequest(call: ProcessBatchCall): Buffer {
  const batchBytes = batchContentBytes(call);
  const encoder = new WireEncoder(
    stringBytes(1, call.transformId) + delimitedBytes(2, batchBytes) + call.config.length,
  );
  encoder.string(1, call.transformId);
  encodeBatch(encoder, 2, call, batchBytes);
  encoder.fields(call.config);
  return encoder.finish();
}

/** Encodes a `conveyor.sink.WriteBatchRequest`: acknowledged, within `timeoutMs`, at least once. */
export function writeWriteBatchRequest(call: WriteBatchCall): Buffer {
  const batchBytes = batchContentBytes(call);
  const timeoutMs = Math.min(call.timeoutMs, MAX_UINT32);
  const optionBytes = uintBytes(1, 1) + uintBytes(2, timeoutMs) + uintBytes(3, AT_LEAST_ONCE);
  const encoder = new WireEncoder(
    stringBytes(1, call.sinkId) + delimitedBytes(2, batchBytes) + delimitedBytes(3, optionBytes),
  );
  encoder.string(1, call.sinkId);
  encodeBatch(encoder, 2, call, batchBytes);
  encoder.open(3, optionBytes);
  encoder.uint(1, 1);
  encoder.uint(2, timeoutMs);
  encoder.uint(3, AT_LEAST_ONCE);
  return encoder.finish();
}

/** Encodes a `conveyor.sidecar.ReceiveRecordsRequest`. */
export function writeReceiveRecordsRequest(call: ReceiveRecordsCall): Buffer {
  const batchBytes = batchContentBytes(call);
  const nameBytes =
    stringBytes(1, call.pipelineId) + stringBytes(2, call.stageId) + stringBytes(3, call.sourceSidecarId);
  const encoder = new WireEncoder(nameBytes + delimitedBytes(4, batchBytes));
  encoder.string(1, call.pipelineId);
  encoder.string(2, call.stageId);
  encoder.string(3, call.sourceSidecarId);
  encodeBatch(encoder, 4, call, batchBytes);
  return encoder.finish();
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
  const encoder = new WireEncoder(delimitedBytes(1, bytes));
  encoder.open(1, bytes);
  encoder.string(1, batchId);
  encoder.uint(2, success);
  encodeAcks(encoder, acks);
  return encoder.finish();
}

/** Encodes a `conveyor.sidecar.ReceiveRecordsResponse`, which is a success if every record is. */
export function writeReceiveRecordsResponse(acks: BatchAcks, error = ''): Buffer {
  const success = Number(acks.exceptions.size === 0);
  const encoder = new WireEncoder(uintBytes(1, success) + stringBytes(2, error) + ackListBytes(acks));
  encoder.uint(1, success);
  encoder.string(2, error);
  encodeAcks(encoder, acks);
  return encoder.finish();
}

/** Encodes a `conveyor.sidecar.PushRecordsResponse` that pauses the source, or lets it go on. */
export function writeBackpressure(order: { pause: boolean; waitMs: number; reason: string }): Buffer {
  const pause = Number(order.pause);
  const waitMs = Math.min(order.waitMs, MAX_UINT32);
  const bytes = uintBytes(1, pause) + uintBytes(2, waitMs) + stringBytes(3, order.reason);
  const encoder = new WireEncoder(delimitedBytes(2, bytes));
  encoder.open(2, bytes);
  encoder.uint(1, pause);
  encoder.uint(2, waitMs);
  encoder.string(3, order.reason);
  return encoder.finish();
}

/** Encodes a `conveyor.sidecar.PushRecordsResponse` that grants this many more records. */
export function writeCredits(granted: number): Buffer {
  const bytes = uintBytes(1, granted);
  const encoder = new WireEncoder(delimitedBytes(3, bytes));
  encoder.open(3, bytes);
  encoder.uint(1, granted);
  return encoder.finish();
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
  for (const record of batch.records) encoder.range(2, record);
  if (batch.watermark) encoder.range(3, batch.watermark);
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
