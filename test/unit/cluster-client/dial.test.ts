import assert from 'node:assert/strict';
import { createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { describe, it } from 'node:test';
import { dial } from '../../../src/sidecar/cluster-client/link/dial.ts';
import { failOnLeaks } from '../../support/leaks.ts';

describe('the dial of a router', () => {
  failOnLeaks();
  const serve = async (server: Server, host: string): Promise<number> => {
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    return (server.address() as AddressInfo).port;
  };
  const options = { timeoutMs: 2_000, signal: new AbortController().signal, ca: undefined };

  for (const [host, written] of [
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '[::1]'],
  ] as const) {
    it(`learns the local end on ${host}`, async () => {
      const server = createHttp2Server();
      const port = await serve(server, host);
      assert.equal(await dial(`${written}:${port}`, options), host);
      await new Promise((resolve) => server.close(resolve));
    });
  }

  it('writes an IPv4 address as such where the sockets are of both families', async () => {
    const server = createHttp2Server();
    const port = await serve(server, '::');
    assert.equal(await dial(`127.0.0.1:${port}`, options), '127.0.0.1');
    await new Promise((resolve) => server.close(resolve));
  });

  it('fails in time at a port that stays silent, and leaves no socket there', async () => {
    const server = createServer();
    const closed = new Promise((resolve) =>
      server.on('connection', (socket) => socket.on('error', resolve).on('close', resolve).resume()),
    );
    const port = await serve(server, '127.0.0.1');
    await assert.rejects(dial(`127.0.0.1:${port}`, { ...options, timeoutMs: 50 }), {
      code: 'DEADLINE_EXCEEDED',
    });
    await closed;
    await new Promise((resolve) => server.close(resolve));
  });

  it('fails at once at a closed port, at what is no address, and when it is cancelled', async () => {
    const server = createServer();
    const port = await serve(server, '127.0.0.1');
    await new Promise((resolve) => server.close(resolve));
    await assert.rejects(dial(`127.0.0.1:${port}`, options), { code: 'UNAVAILABLE' });
    await assert.rejects(dial('not an address', options), { code: 'UNAVAILABLE' });
    const signal = AbortSignal.abort();
    await assert.rejects(dial(`127.0.0.1:${port}`, { ...options, signal }), { code: 'CANCELLED' });
  });
});
