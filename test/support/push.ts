import { Client, type ClientDuplexStream, credentials, Metadata, type StatusObject } from '@grpc/grpc-js';
import { type Prefix, serviceDefinition } from '../../src/foundation/grpc/definitions.ts';
import type { Record as ConveyorRecord } from '../../src/foundation/grpc/gen/conveyor/common/Record.ts';
import type { PushAck__Output } from '../../src/foundation/grpc/gen/conveyor/sidecar/PushAck.ts';
import type { PushBackpressure__Output } from '../../src/foundation/grpc/gen/conveyor/sidecar/PushBackpressure.ts';
import type { PushRecordsRequest } from '../../src/foundation/grpc/gen/conveyor/sidecar/PushRecordsRequest.ts';
import type { PushRecordsResponse__Output } from '../../src/foundation/grpc/gen/conveyor/sidecar/PushRecordsResponse.ts';

/** A record with an id; payload of the given size. */
export function record(
  sequence: number,
  options: { partition?: number; sourceId?: string; type?: string; bytes?: number } = {},
): ConveyorRecord {
  const { partition = 0, sourceId = 'src', type = 'test', bytes = 16 } = options;
  return {
    id: { sourceId, partition, sequenceNumber: sequence },
    recordType: type,
    payload: Buffer.alloc(bytes, sequence % 251),
  };
}

/** Records with consecutive sequence numbers. */
export function records(
  from: number,
  count: number,
  options: Parameters<typeof record>[1] = {},
): ConveyorRecord[] {
  return Array.from({ length: count }, (_, index) => record(from + index, options));
}

/** A source, as an application would write one. */
export interface PushClient {
  readonly stream: ClientDuplexStream<PushRecordsRequest, PushRecordsResponse__Output>;
  readonly acks: PushAck__Output[];
  readonly pauses: PushBackpressure__Output[];
  /** Credits granted so far. */
  readonly granted: () => number;
  init(sourceId: string, pipelineId?: string): void;
  /** Sends a batch; resolves to its acknowledgement. Rejects when the stream ends first. */
  push(batchId: string, batch: readonly ConveyorRecord[]): Promise<PushAck__Output>;
  /** Half-closes; resolves to the status of the stream. */
  finish(): Promise<StatusObject>;
  /** Resolves to the status of the stream, when it ends. */
  readonly ended: Promise<StatusObject>;
  close(): void;
}

/** Opens a PushRecords stream. */
export function openPush(
  port: number,
  options: { prefix?: Prefix; metadata?: Metadata; host?: string } = {},
): PushClient {
  const { prefix = 'conveyor', metadata = new Metadata(), host = '127.0.0.1' } = options;
  const client = new Client(`${host}:${port}`, credentials.createInsecure(), {
    'grpc.max_send_message_length': -1,
    'grpc.use_local_subchannel_pool': 1,
  });
  const method = serviceDefinition('conveyor.sidecar.SidecarDataPlane', prefix).PushRecords;
  const stream = client.makeBidiStreamRequest<PushRecordsRequest, PushRecordsResponse__Output>(
    method.path,
    // what is bytes already is sent as it is
    (value) => (Buffer.isBuffer(value) ? value : method.requestSerialize(value)),
    method.responseDeserialize,
    metadata,
  );
  const waiting = new Map<
    string,
    { resolve: (ack: PushAck__Output) => void; reject: (error: Error) => void }
  >();
  const acks: PushAck__Output[] = [];
  const pauses: PushBackpressure__Output[] = [];
  let granted = 0;
  stream.on('data', ({ ack, backpressure, credits }: PushRecordsResponse__Output) => {
    if (ack) {
      acks.push(ack);
      waiting.get(ack.batchId)?.resolve(ack);
      waiting.delete(ack.batchId);
    }
    if (backpressure) pauses.push(backpressure);
    if (credits) granted += credits.granted;
  });
  const ended = new Promise<StatusObject>((resolve) => {
    stream.on('status', (status) => {
      for (const { reject } of waiting.values())
        reject(new Error(`the stream ended: ${status.code} ${status.details}`));
      resolve(status);
      client.close();
    });
    stream.on('error', () => undefined);
  });
  return {
    stream,
    acks,
    pauses,
    granted: () => granted,
    init: (sourceId, pipelineId = '') => void stream.write({ init: { sourceId, pipelineId } }),
    push: (batchId, batch) =>
      new Promise((resolve, reject) => {
        waiting.set(batchId, { resolve, reject });
        stream.write({ batch: { batchId, records: [...batch] } });
      }),
    finish() {
      stream.end();
      return ended;
    },
    ended,
    close: () => stream.cancel(),
  };
}
