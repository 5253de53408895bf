// One transform and one sink that cost next to nothing: they answer without decoding or encoding a record.
import { type sendUnaryData, Server, ServerCredentials, type ServerUnaryCall } from '@grpc/grpc-js';
import { raw, serviceDefinition } from '../../src/foundation/grpc/definitions.ts';
import { listen } from '../../src/foundation/grpc/server.ts';
import { readBatch } from '../../src/sidecar/wire/batch.ts';
import { Encoding } from '../../src/sidecar/wire/encoder.ts';
import type { RecordOutline } from '../../src/sidecar/wire/outline.ts';
import { WireReader } from '../../src/sidecar/wire/reader.ts';
import { delimitedBytes, uintBytes } from '../../src/sidecar/wire/size.ts';

/** Where the services listen, `host:port`. */
export interface ServicesReady {
  readonly transform: string;
  readonly sink: string;
}

const SUCCESS = 1;
const MAX_MESSAGE_BYTES = 16 << 20;

function recordsOf(request: Buffer): readonly RecordOutline[] {
  const reader = new WireReader(request, 'ProcessBatchRequest');
  let records: readonly RecordOutline[] = [];
  while (reader.next()) {
    if (reader.field === 2) records = readBatch(reader).records;
    else reader.skip();
  }
  return records;
}

function resultBytes({ id, start, end }: RecordOutline): number {
  const idBytes = id === undefined ? 0 : delimitedBytes(1, id.end - id.start);
  return idBytes + uintBytes(2, SUCCESS) + delimitedBytes(3, end - start);
}

/** A `ProcessBatchResponse` that gives every record back as it came. */
function echo(request: Buffer): Buffer {
  const records = recordsOf(request);
  const bytes = records.reduce((sum, each) => sum + delimitedBytes(2, resultBytes(each)), 0);
  return new Encoding(bytes, (encoder) => {
    for (const record of records) {
      encoder.open(2, resultBytes(record));
      if (record.id !== undefined) encoder.range(1, record.id);
      encoder.uint(2, SUCCESS);
      encoder.range(3, record);
    }
  }).toBuffer();
}

const written = (): Buffer =>
  new Encoding(uintBytes(2, SUCCESS), (encoder) => encoder.uint(2, SUCCESS)).toBuffer();

type Answer = (request: Buffer) => Buffer;

const answering =
  (answer: Answer) =>
  ({ request }: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>): void =>
    reply(null, answer(request));

async function serve(add: (server: Server) => void): Promise<string> {
  const server = new Server({ 'grpc.max_receive_message_length': MAX_MESSAGE_BYTES });
  add(server);
  const port = await listen(server, {
    host: '127.0.0.1',
    port: 0,
    credentials: ServerCredentials.createInsecure(),
  });
  return `127.0.0.1:${port}`;
}

const WRITTEN = written();
const ready: ServicesReady = {
  transform: await serve((server) => {
    const { ProcessBatch } = raw(serviceDefinition('conveyor.transform.TransformService'));
    server.addService({ ProcessBatch }, { ProcessBatch: answering(echo) });
  }),
  sink: await serve((server) => {
    const { WriteBatch } = raw(serviceDefinition('conveyor.sink.SinkService'));
    server.addService({ WriteBatch }, { WriteBatch: answering(() => WRITTEN) });
  }),
};
process.send?.(ready);
