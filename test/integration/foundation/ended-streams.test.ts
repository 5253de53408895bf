import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Http2Stream } from 'node:http2';
import { before, describe, it, type TestContext } from 'node:test';
import { Client, credentials, type sendUnaryData, Server, type ServerUnaryCall, status } from '@grpc/grpc-js';
import { raw, serviceDefinition } from '../../../src/foundation/grpc/definitions.ts';
import { letGoOfEndedStreams } from '../../../src/foundation/grpc/ended-streams.ts';
import { rawUnary } from '../../../src/foundation/grpc/raw-call.ts';
import { bytesThatOutlive } from '../../support/collect.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { serve } from '../../support/serve.ts';
import { waitFor } from '../../support/wait.ts';

failOnLeaks();

const ANSWER_BYTES = 512 << 10;
const { ProcessBatch } = raw(serviceDefinition('conveyor.transform.TransformService'));

type Answer = (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => void;

const large: Answer = (_, reply) => reply(null, Buffer.alloc(ANSWER_BYTES, 1));
const failing: Answer = (_, reply) => reply({ code: status.UNAVAILABLE, details: 'not now' });

/** A client of a server that answers so, both ended with the test. */
async function clientOf(t: TestContext, answer: Answer): Promise<Client> {
  const server = new Server();
  server.addService({ ProcessBatch }, { ProcessBatch: answer });
  const serving = await serve(server);
  const client = new Client(serving.address, credentials.createInsecure());
  t.after(async () => {
    client.close();
    await serving.stop();
  });
  return client;
}

const call = (client: Client): Promise<Buffer> =>
  rawUnary(client, ProcessBatch.path, Buffer.alloc(10), { timeoutMs: 10_000 });

/** Every HTTP/2 stream of this process that ends while the test runs. */
function endedStreams(t: TestContext): Http2Stream[] {
  const streams: Http2Stream[] = [];
  const note = (message: unknown): void => void streams.push((message as { stream: Http2Stream }).stream);
  for (const side of ['client', 'server']) {
    subscribe(`http2.${side}.stream.close`, note);
    t.after(() => void unsubscribe(`http2.${side}.stream.close`, note));
  }
  return streams;
}

describe('HTTP/2 streams that have ended', () => {
  before(() => letGoOfEndedStreams());

  for (const [outcome, answer] of Object.entries({ answered: large, failed: failing }))
    it(`refer to nobody any more when the call was ${outcome}, on either side`, async (t) => {
      const streams = endedStreams(t);
      const client = await clientOf(t, answer);
      await call(client).catch(() => undefined);
      await waitFor(() => streams.length === 2 && streams.every((each) => each.listenerCount('close') === 0));
      for (const stream of streams) {
        for (const event of ['data', 'end', 'response', 'trailers', 'aborted'])
          assert.equal(stream.listenerCount(event), 0, event);
        // what comes late has nobody to tell, and ends nothing
        assert.doesNotThrow(() => stream.emit('error', new Error('late')));
      }
    });

  it('leave what they carried to the next young collection', async (t) => {
    const client = await clientOf(t, large);
    const calls = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await call(client);
    };
    await calls(5);
    const kept = await bytesThatOutlive(() => calls(20));
    assert.ok(kept < 10 * ANSWER_BYTES, `${kept} bytes of ${20 * ANSWER_BYTES} outlived their calls`);
  });
});
