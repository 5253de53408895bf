import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { connect } from 'node:tls';
import { after, before, describe, it } from 'node:test';
import { ConveyorError } from '../../../src/foundation/errors.ts';
import { issueAuthority, issueServing, type KeyPair } from '../../../src/injector/certificates/x509/issue.ts';
import { createWebhookServer, type WebhookServer } from '../../../src/injector/webhook/server.ts';
import { failOnLeaks } from '../../support/leaks.ts';

const NAME = 'conveyor-injector.conveyor-system.svc';
const validity = { nowMs: Date.now(), validityMs: 3_600_000 };
const authority = issueAuthority(validity);
const another = (): KeyPair => issueServing({ ...validity, authority, names: [NAME] });

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
  readonly connection: string | undefined;
}

describe('the HTTPS server of the webhook', () => {
  let pair: KeyPair | undefined;
  let changed: () => void = () => undefined;
  let server: WebhookServer;
  const refused: number[] = [];
  const agent = new Agent({ keepAlive: true, ca: authority.cert, servername: NAME });

  const ask = async (path: string, { method = 'POST', body = '{}' } = {}): Promise<Answer> => {
    const call = request({ port: server.port, path, method, agent });
    call.end(body);
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response as AsyncIterable<Buffer>) text += chunk.toString();
    return { status: response.statusCode, body: text, connection: response.headers.connection };
  };
  /** The serial number of the certificate that a new connection is shown. */
  const served = async (): Promise<string> => {
    const socket = connect({ port: server.port, ca: authority.cert, servername: NAME });
    await once(socket, 'secureConnect');
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber;
  };

  before(async () => {
    server = createWebhookServer({
      host: '127.0.0.1',
      port: 0,
      certificates: {
        keyPair: () => pair,
        onChange(listener) {
          changed = listener;
          return () => undefined;
        },
      },
      handle(body) {
        if ((body as { bad?: boolean }).bad === true) throw new ConveyorError('MALFORMED', 'no review');
        return { got: body };
      },
      refused: (status) => refused.push(status),
    });
    await server.start(AbortSignal.timeout(5_000));
  });
  after(async () => {
    agent.destroy();
    await server.stop(AbortSignal.timeout(5_000));
  });
  failOnLeaks();

  it('refuses the handshake until there is a certificate, and serves each other one at once', async () => {
    await assert.rejects(served());
    pair = another();
    changed();
    const first = await served();
    pair = another();
    changed();
    assert.notEqual(await served(), first);
  });

  it('answers a review', async () => {
    const { status, body } = await ask('/inject?timeout=5s', { body: '{"a":1}' });
    assert.deepEqual([status, JSON.parse(body)], [200, { got: { a: 1 } }]);
  });

  it('refuses everything else, and counts it', async () => {
    refused.length = 0;
    const statuses = [
      (await ask('/')).status,
      (await ask('/inject', { method: 'PUT' })).status,
      (await ask('/inject', { body: 'no json' })).status,
      (await ask('/inject', { body: '{"bad":true}' })).status,
    ];
    assert.deepEqual(statuses, [404, 405, 400, 400]);
    assert.deepEqual(refused, statuses);
  });

  it('reads three MiB and no more', async () => {
    const most = JSON.stringify({ text: 'x'.repeat(3 * 1_024 * 1_024 - 11) });
    assert.equal((await ask('/inject', { body: most })).status, 200);
    assert.equal((await ask('/inject', { body: `${most} ` })).status, 413);
  });

  it('sends its callers away when it leaves, and still answers', async () => {
    assert.equal((await ask('/inject')).connection, 'keep-alive');
    server.leave();
    const { status, connection } = await ask('/inject');
    assert.deepEqual([status, connection], [200, 'close']);
  });

  it('answers while others connect and say nothing', async () => {
    const idle = Array.from({ length: 400 }, () => connectTcp(server.port, '127.0.0.1'));
    const ended = idle.map((socket) =>
      once(
        socket.on('error', () => undefined),
        'close',
      ),
    );
    await Promise.race(ended);
    try {
      await served();
    } finally {
      for (const socket of idle) socket.destroy();
      await Promise.all(ended);
    }
  });
});
