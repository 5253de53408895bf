import {
  Client,
  credentials,
  Metadata,
  type sendUnaryData,
  Server,
  type ServerUnaryCall,
} from '@grpc/grpc-js';
import { unary } from '../../src/foundation/grpc/call.ts';
import { type Prefix, PREFIXES, serviceDefinition } from '../../src/foundation/grpc/definitions.ts';
import type { Record as ConveyorRecord } from '../../src/foundation/grpc/gen/conveyor/common/Record.ts';
import type { ReceiveRecordsRequest__Output } from '../../src/foundation/grpc/gen/conveyor/sidecar/ReceiveRecordsRequest.ts';
import type { ReceiveRecordsResponse } from '../../src/foundation/grpc/gen/conveyor/sidecar/ReceiveRecordsResponse.ts';
import type { ReceiveRecordsResponse__Output } from '../../src/foundation/grpc/gen/conveyor/sidecar/ReceiveRecordsResponse.ts';
import { type Refuse, replying } from './stages.ts';
import { serve } from './serve.ts';

/** A call that a scripted sidecar got. */
export interface PeerCall {
  readonly request: ReceiveRecordsRequest__Output;
  readonly metadata: Metadata;
  readonly prefix: Prefix;
  /** Milliseconds that it was given. */
  readonly timeoutMs: number;
}

/** Another sidecar, played by the test. */
export interface Peer {
  readonly port: number;
  readonly calls: readonly PeerCall[];
  readonly mostAtOnce: () => number;
  stop(): Promise<void>;
}

type Answer = ReceiveRecordsResponse | Refuse;

/** SUCCESS for each record. */
export function taken({ request }: PeerCall): ReceiveRecordsResponse {
  return {
    success: true,
    recordAcks: (request.batch?.records ?? []).map(({ id }) => ({
      recordId: id,
      status: 'ACK_STATUS_SUCCESS',
    })),
  };
}

/** RETRY with one code for each record, as a sidecar refuses at its door. */
export function refused({ request }: PeerCall, code: string): ReceiveRecordsResponse {
  return {
    success: false,
    error: code,
    recordAcks: (request.batch?.records ?? []).map(({ id }) => ({
      recordId: id,
      status: 'ACK_STATUS_RETRY',
      code,
    })),
  };
}

/** Starts a sidecar that answers as it is told. @param prefixes those that it serves; both unless told. */
export async function startPeer(
  answer: (call: PeerCall) => Answer | Promise<Answer> = taken,
  { prefixes = PREFIXES }: { prefixes?: readonly Prefix[] } = {},
): Promise<Peer> {
  const server = new Server({ 'grpc.max_receive_message_length': 16 << 20 });
  const calls: PeerCall[] = [];
  let active = 0;
  let most = 0;
  for (const prefix of prefixes) {
    const { ReceiveRecords } = serviceDefinition('conveyor.sidecar.SidecarDataPlane', prefix);
    server.addService(
      { ReceiveRecords },
      {
        ReceiveRecords(
          call: ServerUnaryCall<ReceiveRecordsRequest__Output, ReceiveRecordsResponse>,
          reply: sendUnaryData<ReceiveRecordsResponse>,
        ) {
          const timeoutMs = Number(call.getDeadline()) - Date.now();
          const seen = { request: call.request, metadata: call.metadata, prefix, timeoutMs };
          calls.push(seen);
          most = Math.max(most, ++active);
          const replied = replying(reply);
          void Promise.resolve(answer(seen)).then((answered) => {
            active--;
            replied(answered);
          });
        },
      },
    );
  }
  const serving = await serve(server);
  return { ...serving, calls, mostAtOnce: () => most };
}

/** How a test calls ReceiveRecords. */
export interface ReceiveOptions {
  readonly records: readonly ConveyorRecord[];
  readonly stageId?: string;
  readonly pipelineId?: string;
  readonly batchId?: string;
  /** Metadata; `conveyor-hops` 1 unless told, empty: none. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly prefix?: Prefix;
  readonly timeoutMs?: number;
  /** Sent as they are, instead of a request. */
  readonly raw?: Buffer;
}

/** Calls ReceiveRecords of a sidecar as another one does. Rejects with a ConveyorError. */
export async function receive(
  port: number,
  options: ReceiveOptions,
): Promise<ReceiveRecordsResponse__Output> {
  const { stageId = 'k', pipelineId = 'default/p', batchId = 'b', prefix = 'conveyor' } = options;
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(options.headers ?? { 'conveyor-hops': '1' }))
    metadata.set(key, value);
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.max_send_message_length': -1,
    'grpc.use_local_subchannel_pool': 1,
  });
  try {
    const method = serviceDefinition('conveyor.sidecar.SidecarDataPlane', prefix).ReceiveRecords;
    const { raw } = options;
    return await unary(
      client,
      raw === undefined ? method : { ...method, requestSerialize: () => raw },
      { pipelineId, stageId, sourceSidecarId: 'test', batch: { batchId, records: [...options.records] } },
      { timeoutMs: options.timeoutMs ?? 5_000, metadata },
    );
  } finally {
    client.close();
  }
}
