import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { isLoopback } from '../../../src/foundation/net/address.ts';
import { type AdminServer, createAdminServer } from '../../../src/foundation/telemetry/admin-server.ts';
import { createRegistry } from '../../../src/foundation/telemetry/metrics.ts';
import type { CheckResult } from '../../../src/foundation/telemetry/readiness.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { waitFor } from '../../support/wait.ts';

const noHurry = new AbortController().signal;
interface Fetched {
  status: number;
  body: string;
  headers: Record<string, unknown>;
}

function ask(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Fetched> {
  return new Promise((resolve, reject) => {
    const { body, ...rest } = options;
    const sent = request({ host: '127.0.0.1', port, path, agent: false, ...rest }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => (body += part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body, headers: response.headers }),
      );
    });
    sent.on('error', reject).end(body);
  });
}

describe('the admin server', () => {
  failOnLeaks();
  let server: AdminServer;
  let registered: CheckResult;
  let drain: (exit: boolean) => Promise<void>;

  beforeEach(async () => {
    registered = { ok: false, reason: 'no router answered yet' };
    drain = () => Promise.resolve();
    server = createAdminServer({
      port: 0,
      registry: createRegistry({ program: 'sidecar', version: '1.2.3' }),
      checks: [
        { name: 'listening', check: () => ({ ok: true }) },
        { name: 'registered', check: () => registered },
      ],
      status: () => ({ program: 'sidecar', services: [] }),
      onDrain: ({ exit }) => drain(exit),
    });
    await server.start(noHurry);
  });
  afterEach(() => server.stop(AbortSignal.abort()));

  it('shows metrics with the build and the process', async () => {
    const { status, body, headers } = await ask(server.port, '/metrics');
    assert.equal(status, 200);
    assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/);
    assert.match(body, /conveyor_build_info\{program="sidecar",version="1\.2\.3"/);
    assert.match(body, /process_resident_memory_bytes /);
  });

  it('is alive however unready it is', async () => {
    assert.deepEqual((await ask(server.port, '/livez')).status, 200);
  });

  it('is ready when every check holds, and gives reasons only when asked', async () => {
    const brief = await ask(server.port, '/readyz');
    assert.deepEqual([brief.status, brief.body], [503, 'not ready\n']);
    const verbose = await ask(server.port, '/readyz?verbose');
    assert.equal(verbose.status, 503);
    assert.equal(
      verbose.body,
      '[+] listening ok\n[-] registered failed: no router answered yet\nnot ready\n',
    );
    registered = { ok: true };
    assert.deepEqual(await ask(server.port, '/readyz').then(({ status, body }) => [status, body]), [
      200,
      'ok\n',
    ]);
  });

  it('shows the status as JSON', async () => {
    const { body, headers } = await ask(server.port, '/statusz');
    assert.match(String(headers['content-type']), /^application\/json/);
    assert.deepEqual(JSON.parse(body), { program: 'sidecar', services: [] });
  });

  it('answers a drain when the drain is done', async () => {
    let asked: boolean | undefined;
    let finish: () => void = () => undefined;
    drain = (exit) => {
      asked = exit;
      return new Promise((resolve) => (finish = resolve));
    };
    const answer = ask(server.port, '/drainz?exit=true', { method: 'POST' });
    await ask(server.port, '/livez');
    while (asked === undefined) await ask(server.port, '/livez');
    finish();
    assert.deepEqual(await answer.then(({ status, body }) => [status, body]), [
      200,
      '{"drained":true,"exit":true}\n',
    ]);
  });

  it('does not drain for a browser, nor by GET', async () => {
    drain = () => assert.fail('drained');
    const headers = { origin: 'http://evil.example' };
    assert.equal((await ask(server.port, '/drainz', { method: 'POST', headers })).status, 403);
    const get = await ask(server.port, '/drainz');
    assert.deepEqual([get.status, get.headers['allow']], [405, 'POST']);
  });

  it('says 500 with the reason when a page fails', async () => {
    drain = () => Promise.reject(new Error('drains already'));
    const { status, body } = await ask(server.port, '/drainz', { method: 'POST' });
    assert.deepEqual([status, body], [500, 'drains already\n']);
  });

  it('knows HEAD, and neither other paths nor other methods', async () => {
    const head = await ask(server.port, '/livez', { method: 'HEAD' });
    assert.deepEqual([head.status, head.body, head.headers['content-length']], [200, '', '3']);
    assert.equal((await ask(server.port, '/nope')).status, 404);
    assert.equal((await ask(server.port, '//livez/../x?a')).status, 404);
    const put = await ask(server.port, '/metrics', { method: 'PUT' });
    assert.deepEqual([put.status, put.headers['allow']], [405, 'GET, HEAD']);
  });

  it('closes the connection of who sends a body', async () => {
    const { headers } = await ask(server.port, '/drainz', { method: 'POST', body: 'x'.repeat(100) });
    assert.equal(headers['connection'], 'close');
  });

  it('names the address when its port is taken', async () => {
    const second = createAdminServer({
      port: server.port,
      registry: createRegistry({ program: 'x', version: '' }),
      checks: [],
      status: () => ({}),
    });
    await assert.rejects(second.start(noHurry), {
      code: 'FAILED_PRECONDITION',
      message: new RegExp(`:${server.port}: .*EADDRINUSE`),
    });
    await second.stop(noHurry);
  });

  it('stops with connections that idle or say nothing, and twice', async () => {
    const silent = connect(server.port, '127.0.0.1');
    const gone = once(silent, 'close');
    silent.on('error', () => undefined).write('GET /livez HTTP/1.1\r\n');
    await once(silent, 'connect');
    await server.stop(AbortSignal.timeout(50));
    await server.stop(noHurry);
    await gone;
  });
});

describe('the pages that the kubelet calls before it stops a container', () => {
  failOnLeaks();
  const KEY = '0123456789abcdef0123456789abcdef';
  const doors = new Map<string, () => void>();
  let stops = 0;
  let server: AdminServer;

  beforeEach(async () => {
    stops = 0;
    doors.clear();
    server = createAdminServer({
      port: 0,
      registry: createRegistry({ program: 'sidecar', version: '1.2.3' }),
      checks: [],
      status: () => ({}),
      stopHooks: {
        key: KEY,
        ownStop: () => stops++,
        hold: (container) => new Promise((resolve) => doors.set(container, resolve)),
      },
    });
    await server.start(noHurry);
  });
  afterEach(() => server.stop(AbortSignal.abort()));

  it('answer for our own container at once', async () => {
    assert.deepEqual((await ask(server.port, `/prestop/${KEY}`)).status, 200);
    assert.equal(stops, 1);
  });

  it('are there however many connections say nothing, or do not read what they asked for', async () => {
    const held = ask(server.port, `/prestop/app/${KEY}`);
    await waitFor(() => doors.has('app'));
    const crowd = Array.from({ length: 100 }, (_, i) => {
      const socket = connect(server.port, '127.0.0.1').on('error', () => undefined);
      if (i % 2 === 1) socket.pause().write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n');
      return socket;
    });
    await Promise.all(crowd.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])));
    assert.equal((await ask(server.port, `/prestop/${KEY}`)).status, 200);
    assert.equal((await ask(server.port, '/livez')).status, 200);
    doors.get('app')?.();
    assert.equal((await held).status, 200, 'who waits for an answer gets it');
    for (const socket of crowd) socket.destroy();
  });

  it('hold those of the others, many at once, each until it may go', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `app-${i}`);
    const answers = new Map<string, number>();
    const asked = names.map((name) =>
      ask(server.port, `/prestop/${name}/${KEY}`).then(({ status }) => answers.set(name, status)),
    );
    await waitFor(() => doors.size === names.length);
    assert.equal((await ask(server.port, '/livez')).status, 200);
    doors.get('app-7')?.();
    await waitFor(() => answers.size > 0);
    assert.deepEqual([...answers], [['app-7', 200]]);
    for (const open of doors.values()) open();
    await Promise.all(asked);
    assert.equal(stops, 0);
  });

  it('are not there for a stranger', async () => {
    for (const path of [
      '/prestop',
      '/prestop/',
      '/prestop/app',
      `/prestop/${KEY.slice(1)}`,
      `/prestop/${KEY}0`,
      `/prestop/app/${KEY.toUpperCase()}`,
      `/prestop/Not_A_Container/${KEY}`,
      `/prestop/a/b/${KEY}`,
    ])
      assert.equal((await ask(server.port, path)).status, 404, path);
    assert.equal((await ask(server.port, `/prestop/${KEY}`, { method: 'POST' })).status, 405);
    assert.equal(stops + doors.size, 0);
  });
});

describe('a loopback address', () => {
  it('is 127/8 and ::1, also as IPv4 in IPv6', () => {
    for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])
      assert.ok(isLoopback(address));
    for (const address of ['10.0.0.1', '::', 'fd00::1', '', undefined]) assert.ok(!isLoopback(address));
  });
});
