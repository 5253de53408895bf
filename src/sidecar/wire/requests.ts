import { readBatch } from './batch.ts';
import type { BatchOutline } from './outline.ts';
import { WireReader } from './reader.ts';

/** What a source sends on its stream; `none` is a message without a member that we know. */
export type PushRecordsRequest =
  | { readonly kind: 'init'; readonly sourceId: string; readonly pipelineId: string }
  | { readonly kind: 'batch'; readonly batch: BatchOutline }
  | { readonly kind: 'heartbeat' }
  | { readonly kind: 'none' };

/** A batch that another sidecar hands over. */
export interface ReceiveRecordsRequest {
  readonly pipelineId: string;
  readonly stageId: string;
  readonly sourceSidecarId: string;
  /** Empty if the message has none. */
  readonly batch: BatchOutline;
}

/** Reads a `conveyor.sidecar.PushRecordsRequest`. Throws MALFORMED, also for two members of its oneof. */
export function readPushRecordsRequest(bytes: Uint8Array): PushRecordsRequest {
  const reader = new WireReader(bytes, 'PushRecordsRequest');
  let request: PushRecordsRequest = { kind: 'none' };
  while (reader.next()) {
    if (reader.field > 3) {
      reader.skip();
      continue;
    }
    if (request.kind !== 'none') throw reader.malformed('second member of the oneof');
    request = readMember(reader);
  }
  return request;
}

/** Reads a `conveyor.sidecar.ReceiveRecordsRequest`. Throws MALFORMED. */
export function readReceiveRecordsRequest(bytes: Uint8Array): ReceiveRecordsRequest {
  const reader = new WireReader(bytes, 'ReceiveRecordsRequest');
  let pipelineId = '';
  let stageId = '';
  let sourceSidecarId = '';
  let batch: BatchOutline | undefined;
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        pipelineId = reader.string();
        break;
      case 2:
        stageId = reader.string();
        break;
      case 3:
        sourceSidecarId = reader.string();
        break;
      case 4:
        if (batch) throw reader.malformed('second batch');
        batch = readBatch(reader);
        break;
      default:
        reader.skip();
    }
  }
  batch ??= { batchId: '', records: [], watermark: undefined };
  return { pipelineId, stageId, sourceSidecarId, batch };
}

function readMember(reader: WireReader): PushRecordsRequest {
  switch (reader.field) {
    case 1:
      return readInit(reader);
    case 2:
      return { kind: 'batch', batch: readBatch(reader) };
    default:
      return readHeartbeat(reader);
  }
}

function readInit(reader: WireReader): PushRecordsRequest {
  const outer = reader.enter();
  let sourceId = '';
  let pipelineId = '';
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        sourceId = reader.string();
        break;
      case 2:
        pipelineId = reader.string();
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  return { kind: 'init', sourceId, pipelineId };
}

function readHeartbeat(reader: WireReader): PushRecordsRequest {
  const outer = reader.enter();
  while (reader.next()) reader.skip();
  reader.leave(outer);
  return { kind: 'heartbeat' };
}
