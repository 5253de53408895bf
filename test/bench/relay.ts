// What the sidecar is held against: the shortest honest relay. It decodes and encodes every record, and does nothing else.
import { Client, credentials, Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import type { Method } from '../../src/foundation/grpc/call.ts';
import { serviceDefinition } from '../../src/foundation/grpc/definitions.ts';
import type { PushRecordsRequest__Output } from '../../src/foundation/grpc/gen/conveyor/sidecar/PushRecordsRequest.ts';
import type { PushRecordsResponse } from '../../src/foundation/grpc/gen/conveyor/sidecar/PushRecordsResponse.ts';
import { listen } from '../../src/foundation/grpc/server.ts';

/** Where the relay listens. */
export interface RelayReady {
  readonly port: number;
}

const LIMITS = { 'grpc.max_receive_message_length': 16 << 20 };
const [transform, sink] = process.argv
  .slice(2)
  .map((endpoint) => new Client(endpoint, credentials.createInsecure(), LIMITS));
if (transform === undefined || sink === undefined) throw new Error('usage: relay.ts TRANSFORM SINK');
const { ProcessBatch } = serviceDefinition('conveyor.transform.TransformService');
const { WriteBatch } = serviceDefinition('conveyor.sink.SinkService');

function call<Req, Res>(client: Client, method: Method<Req, Res>, request: Req): Promise<Res> {
  const { path, requestSerialize, responseDeserialize } = method;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest<Req, Res>(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      (error, response) => {
        if (response === undefined) reject(error ?? new Error(`${path}: no response`));
        else resolve(response);
      },
    );
  });
}

async function relay({ batch }: PushRecordsRequest__Output): Promise<PushRecordsResponse | undefined> {
  if (!batch) return undefined;
  const { batchId } = batch;
  const { results } = await call(transform!, ProcessBatch, { transformId: 'transform', inputBatch: batch });
  const records = results.flatMap(({ outputRecords }) => outputRecords);
  const { status } = await call(sink!, WriteBatch, { sinkId: 'sink', batch: { batchId, records } });
  const success = status === 'WRITE_STATUS_SUCCESS';
  const fate = success ? 'ACK_STATUS_SUCCESS' : 'ACK_STATUS_RETRY';
  const recordAcks = batch.records.map(({ id }) => ({ recordId: id, status: fate }) as const);
  return { ack: { batchId, success, recordAcks } };
}

const server = new Server(LIMITS);
const { PushRecords } = serviceDefinition('conveyor.sidecar.SidecarDataPlane');
server.addService(
  { PushRecords },
  {
    PushRecords(stream: ServerDuplexStream<PushRecordsRequest__Output, PushRecordsResponse>) {
      stream.on('data', (message: PushRecordsRequest__Output) => {
        void relay(message).then((answer) => answer && stream.write(answer));
      });
      stream.on('end', () => stream.end());
    },
  },
);
const port = await listen(server, {
  host: '127.0.0.1',
  port: 0,
  credentials: ServerCredentials.createInsecure(),
});
process.send?.({ port } satisfies RelayReady);
