/**
 * Calls itself a transform and has other shapes (broken.proto): reflection tells so, discovery says what differs, and
 * nothing is routed to it.
 */
import { join } from 'node:path';
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { loadService } from '../../../examples/protos.ts';

const SERVICE = 'acme.broken.FilterTransform';
const REFLECTION = 'grpc.reflection.v1.ServerReflection';

interface Question {
  readonly messageRequest: string;
}

const loaded = loadSync(join(import.meta.dirname, 'broken.proto'));
const words = loaded['acme.broken.Words'] as { fileDescriptorProtos: Buffer[] };

const server = new Server();
server.addService(loaded[SERVICE] as never, {
  ProcessBatch: (_call: unknown, reply: (error: null, answer: object) => void) => reply(null, {}),
});
server.addService(loadService('grpc/reflection/v1/reflection.proto', REFLECTION), {
  ServerReflectionInfo(call: ServerDuplexStream<Question, object>) {
    call.on('data', ({ messageRequest }: Question) =>
      call.write(
        messageRequest === 'listServices'
          ? { listServicesResponse: { service: [{ name: SERVICE }] } }
          : { fileDescriptorResponse: { fileDescriptorProto: words.fileDescriptorProtos } },
      ),
    );
    call.on('end', () => call.end());
  },
});
server.bindAsync(
  `127.0.0.1:${process.env['PORT'] ?? '50051'}`,
  ServerCredentials.createInsecure(),
  (error) => {
    if (error !== null) throw error;
    console.log(`${SERVICE} listens`);
  },
);
process.once('SIGTERM', () => server.forceShutdown());
