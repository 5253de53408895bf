import assert from 'node:assert/strict';
import { connect } from 'node:http2';
import { it } from 'node:test';
import { type sendUnaryData, ServerCredentials, type ServerUnaryCall } from '@grpc/grpc-js';
import { raw, serviceDefinition } from '../../../src/foundation/grpc/definitions.ts';
import { createServer, listen, shutdown } from '../../../src/foundation/grpc/server.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { waitFor } from '../../support/wait.ts';

failOnLeaks();

const { ProcessBatch } = raw(serviceDefinition('conveyor.transform.TransformService'));

it('a server that is shut down by force ends its connections, and answers no call any more', async (t) => {
  const server = createServer({ maxMessageBytes: 1 << 20, tellFault: () => undefined });
  let reply: sendUnaryData<Buffer> | undefined;
  server.addService(
    { ProcessBatch },
    { ProcessBatch: (_: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => (reply = answer) },
  );
  const credentials = ServerCredentials.createInsecure();
  const port = await listen(server, { host: '127.0.0.1', port: 0, credentials });
  const session = connect(`http://127.0.0.1:${port}`).on('error', () => undefined);
  t.after(() => session.destroy());
  const headers = { ':method': 'POST', ':path': ProcessBatch.path, 'content-type': 'application/grpc' };
  const stream = session.request({ ...headers, te: 'trailers' }).on('error', () => undefined);
  let answered = false;
  stream.on('response', () => (answered = true));
  stream.end(Buffer.alloc(5));
  await waitFor(() => reply !== undefined, { what: 'the call to be there' });
  await shutdown(server, AbortSignal.abort());
  reply?.(null, Buffer.alloc(1));
  await waitFor(() => session.destroyed, { what: 'the end of the connection' });
  assert.equal(answered, false);
});
