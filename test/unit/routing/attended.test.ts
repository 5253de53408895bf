import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { systemClock } from '../../../src/foundation/lifecycle/clock.ts';
import { attended, isSilent } from '../../../src/sidecar/routing/attended.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { manualClock } from '../../support/manual-clock.ts';

const ENDPOINT = '10.0.0.7:9091';
const nobody = new AbortController().signal;

/** A call that ends with its signal, as one to a host that has gone. */
const hanging = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const cancel = (): void => reject(new Error('cancelled'));
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
  });

describe('a call to another host', () => {
  failOnLeaks();

  it('ends when nobody answers there any more, long before its deadline', async () => {
    const clock = manualClock();
    const silent = () => Promise.resolve(true);
    const lost = assert.rejects(attended(ENDPOINT, { clock, signal: nobody, silent }, hanging), {
      code: 'UNAVAILABLE',
      message: `nobody answers at ${ENDPOINT} any more`,
    });
    await clock.advance(2_000);
    await lost;
  });

  it('may take its time as long as somebody answers now and then', async () => {
    const clock = manualClock();
    const heard = [true, false, true, false, true, false];
    const silent = () => Promise.resolve(heard.shift() ?? false);
    const { promise, resolve } = Promise.withResolvers<string>();
    const answer = attended(ENDPOINT, { clock, signal: nobody, silent }, () => promise);
    await clock.advance(60_000);
    resolve('done');
    assert.equal(await answer, 'done');
  });

  it('ends by its own signal, and fails with its own error', async () => {
    const clock = manualClock();
    const ending = new AbortController();
    const silent = () => Promise.resolve(true);
    const ended = assert.rejects(
      attended(ENDPOINT, { clock, signal: ending.signal, silent }, hanging),
      /cancelled/,
    );
    ending.abort();
    await ended;
    await assert.rejects(attended(ENDPOINT, { clock, signal: ending.signal, silent }, hanging), /cancelled/);
    const failing = () => Promise.reject(new Error('refused'));
    await assert.rejects(attended(ENDPOINT, { clock, signal: nobody, silent }, failing), /refused/);
  });
});

describe('an endpoint', () => {
  failOnLeaks();

  it('is not silent when somebody takes or refuses the connection', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    assert.equal(await isSilent(endpoint, systemClock, nobody), false);
    server.close();
    await once(server, 'close');
    assert.equal(await isSilent(endpoint, systemClock, nobody), false);
  });

  it('is silent when its packets are dropped', async () => {
    // the kernel drops what does not fit into the backlog of a listener that accepts nothing
    const listener = new Worker(
      `const { parentPort } = require('node:worker_threads');
       const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
         parentPort.postMessage(server.address().port);
         setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
       });`,
      { eval: true },
    );
    const [port] = (await once(listener, 'message')) as [number];
    const crowd = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
    await Promise.race(crowd.map((socket) => once(socket, 'connect')));
    const clock = manualClock();
    const silent = isSilent(`127.0.0.1:${port}`, clock, nobody);
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(1_000);
    assert.equal(await silent, true);
    for (const socket of crowd) socket.destroy();
    await listener.terminate();
  });
});
