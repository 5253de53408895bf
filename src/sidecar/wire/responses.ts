import { readOnlyId, readRecord } from './batch.ts';
import type { RecordIdOutline, RecordOutline } from './outline.ts';
import { WireReader } from './reader.ts';

/** What was sent: an answer mostly speaks of the same records in the same order, and their ids are then not read again. */
export type Sent = readonly Pick<RecordOutline, 'id'>[];

const NO_RECORDS: readonly RecordOutline[] = [];

const TRANSFORM_STATUS = ['unspecified', 'success', 'filtered', 'error', 'split'] as const;
const WRITE_STATUS = ['unspecified', 'success', 'partial', 'failed', 'pending'] as const;
const ACK_STATUS = ['unspecified', 'success', 'failed', 'retry'] as const;

/** What a transform did with one record. */
export interface TransformResultOutline {
  readonly id: RecordIdOutline | undefined;
  readonly status: (typeof TRANSFORM_STATUS)[number];
  readonly outputs: readonly RecordOutline[];
  readonly errorMessage: string;
}

/** A transform's answer to a batch, result by result as it sent them. */
export interface ProcessBatchResponse {
  readonly results: readonly TransformResultOutline[];
}

/** What a sink did with one record. */
export interface WriteResultOutline {
  readonly id: RecordIdOutline | undefined;
  readonly success: boolean;
  readonly error: string;
  readonly retryable: boolean;
}

/** A sink's answer to a batch; `status` holds for the records without a result. */
export interface WriteBatchResponse {
  readonly status: (typeof WRITE_STATUS)[number];
  readonly results: readonly WriteResultOutline[];
}

/** What another sidecar says became of one record; `code` is empty from one without our extensions. */
export interface RecordAckOutline {
  readonly id: RecordIdOutline | undefined;
  readonly status: (typeof ACK_STATUS)[number];
  readonly error: string;
  readonly code: string;
}

/** Another sidecar's answer to a batch. */
export interface ReceiveRecordsResponse {
  readonly success: boolean;
  readonly error: string;
  readonly acks: readonly RecordAckOutline[];
}

/** Reads a `conveyor.transform.ProcessBatchResponse`. Throws MALFORMED; an unknown status is `unspecified`. */
export function readProcessBatchResponse(bytes: Uint8Array, sent: Sent = []): ProcessBatchResponse {
  const reader = new WireReader(bytes, 'ProcessBatchResponse');
  const results: TransformResultOutline[] = [];
  while (reader.next()) {
    switch (reader.field) {
      case 1: // batch_id: the answer belongs to its call
        reader.delimited();
        break;
      case 2:
        results.push(readTransformResult(reader, sent[results.length]?.id));
        break;
      default:
        reader.skip();
    }
  }
  return { results };
}

/** Reads a `conveyor.sink.WriteBatchResponse`. Throws MALFORMED; an unknown status is `unspecified`. */
export function readWriteBatchResponse(bytes: Uint8Array, sent: Sent = []): WriteBatchResponse {
  const reader = new WireReader(bytes, 'WriteBatchResponse');
  const results: WriteResultOutline[] = [];
  let status = 0;
  while (reader.next()) {
    switch (reader.field) {
      case 1: // batch_id: the answer belongs to its call
        reader.delimited();
        break;
      case 2:
        status = reader.uint32();
        break;
      case 3:
        results.push(readWriteResult(reader, sent[results.length]?.id));
        break;
      default:
        reader.skip();
    }
  }
  return { status: WRITE_STATUS[status] ?? 'unspecified', results };
}

/** Reads a `conveyor.sidecar.ReceiveRecordsResponse`. Throws MALFORMED; an unknown status is `unspecified`. */
export function readReceiveRecordsResponse(bytes: Uint8Array, sent: Sent = []): ReceiveRecordsResponse {
  const reader = new WireReader(bytes, 'ReceiveRecordsResponse');
  const acks: RecordAckOutline[] = [];
  let success = false;
  let error = '';
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        success = reader.bool();
        break;
      case 2:
        error = reader.string();
        break;
      case 3:
        acks.push(readAck(reader, sent[acks.length]?.id));
        break;
      default:
        reader.skip();
    }
  }
  return { success, error, acks };
}

function readTransformResult(reader: WireReader, like: RecordIdOutline | undefined): TransformResultOutline {
  reader.countElement();
  const outer = reader.enter();
  let outputs: RecordOutline[] | undefined;
  let id: RecordIdOutline | undefined;
  let status = 0;
  let errorMessage = '';
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        id = readOnlyId(reader, id, like);
        break;
      case 2:
        status = reader.uint32();
        break;
      case 3:
        // a literal has room for one, which is what most have; the first push makes room for seventeen
        if (outputs === undefined) outputs = [readRecord(reader, id)];
        else outputs.push(readRecord(reader, id));
        break;
      case 4:
        errorMessage = reader.string();
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  return {
    id,
    status: TRANSFORM_STATUS[status] ?? 'unspecified',
    outputs: outputs ?? NO_RECORDS,
    errorMessage,
  };
}

function readWriteResult(reader: WireReader, like: RecordIdOutline | undefined): WriteResultOutline {
  reader.countElement();
  const outer = reader.enter();
  let id: RecordIdOutline | undefined;
  let success = false;
  let error = '';
  let retryable = false;
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        id = readOnlyId(reader, id, like);
        break;
      case 2:
        success = reader.bool();
        break;
      case 3:
        error = reader.string();
        break;
      case 4:
        retryable = reader.bool();
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  return { id, success, error, retryable };
}

function readAck(reader: WireReader, like: RecordIdOutline | undefined): RecordAckOutline {
  reader.countElement();
  const outer = reader.enter();
  let id: RecordIdOutline | undefined;
  let status = 0;
  let error = '';
  let code = '';
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        id = readOnlyId(reader, id, like);
        break;
      case 2:
        status = reader.uint32();
        break;
      case 3:
        error = reader.string();
        break;
      case 100:
        code = reader.string();
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  return { id, status: ACK_STATUS[status] ?? 'unspecified', error, code };
}
