import assert from 'node:assert/strict';
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { connect, type Http2Stream } from 'node:http2';
import { before, describe, it, type TestContext } from 'node:test';
import { Client, credentials, type sendUnaryData, Server, type ServerUnaryCall, status } from '@grpc/grpc-js';
import { raw, serviceDefinition } from '../../../src/foundation/grpc/definitions.ts';
import { REQUEST_WINDOW_BYTES, setUpHttp2 } from '../../../src/foundation/grpc/http2.ts';
import { rawUnary } from '../../../src/foundation/grpc/raw-call.ts';
import { freeMemory } from '../../../src/foundation/lifecycle/heap.ts';
import { readGate } from '../../../src/sidecar/data-plane/door/read-gate.ts';
import { bytesThatOutlive } from '../../support/collect.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { serve } from '../../support/serve.ts';
import { waitFor } from '../../support/wait.ts';

failOnLeaks();

const LARGE_BYTES = 64 << 10;
const { ProcessBatch } = raw(serviceDefinition('conveyor.transform.TransformService'));

type Answer = (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => void;

const large: Answer = (_, reply) => reply(null, Buffer.alloc(LARGE_BYTES, 1));
/** As the data plane does it: what it has taken in hand it frees itself. */
const small: Answer = ({ request }, reply) => {
  freeMemory(request);
  reply(null, Buffer.alloc(10, 1));
};
const failing: Answer = (_, reply) => reply({ code: status.UNAVAILABLE, details: 'not now' });

/** A client of a server that answers so, both ended with the test. */
async function clientOf(t: TestContext, answer: Answer): Promise<Client> {
  const server = new Server({ interceptors: [readGate(() => undefined)] });
  server.addService({ ProcessBatch }, { ProcessBatch: answer });
  const serving = await serve(server);
  const client = new Client(serving.address, credentials.createInsecure());
  t.after(async () => {
    client.close();
    await serving.stop();
  });
  return client;
}

const call = (client: Client, bytes = 10): Promise<Buffer> =>
  rawUnary(client, ProcessBatch.path, Buffer.alloc(bytes), { timeoutMs: 10_000 });

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

before(() => setUpHttp2());

describe('HTTP/2 windows of a server', () => {
  it('let a peer send more than the 64 KiB of the standard, and not without bound', async (t) => {
    const server = new Server();
    // never answers, and so never reads on
    server.addService({ ProcessBatch }, { ProcessBatch: () => undefined });
    const serving = await serve(server);
    const session = connect(`http://${serving.address}`);
    t.after(async () => {
      session.destroy();
      await serving.stop();
    });
    const headers = { ':method': 'POST', ':path': ProcessBatch.path, 'content-type': 'application/grpc' };
    const stream = session.request({ ...headers, te: 'trailers' }).on('error', () => undefined);
    await waitFor(
      () =>
        session.remoteSettings.initialWindowSize === REQUEST_WINDOW_BYTES &&
        session.state.remoteWindowSize === REQUEST_WINDOW_BYTES,
    );
    assert.equal(stream.closed, false);
  });
});

describe('HTTP/2 streams that have ended', () => {
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

  const carriers = {
    answers: { answer: large, requestBytes: 10 },
    requests: { answer: small, requestBytes: LARGE_BYTES },
  } satisfies Record<string, { answer: Answer; requestBytes: number }>;
  for (const [what, { answer, requestBytes }] of Object.entries(carriers))
    it(`leave the ${what} that they carried to the next young collection`, async (t) => {
      const client = await clientOf(t, answer);
      const calls = async (count: number): Promise<void> => {
        for (let i = 0; i < count; i++) await call(client, requestBytes);
      };
      await calls(5);
      const kept = await bytesThatOutlive(() => calls(20));
      assert.ok(kept < 10 * LARGE_BYTES, `${kept} bytes of ${20 * LARGE_BYTES} outlived their calls`);
    });
});

it('functions are bound to async resources as Node binds them', () => {
  const storage = new AsyncLocalStorage<string>();
  const resource = storage.run('there', () => new AsyncResource('test'));
  const bound = resource.bind(function (this: string, ...args: number[]) {
    return [storage.getStore(), this, ...args];
  });
  storage.run('here', () => {
    assert.deepEqual(bound.call('caller', 1, 2), ['there', 'caller', 1, 2]);
    assert.equal(storage.getStore(), 'here');
  });
});
