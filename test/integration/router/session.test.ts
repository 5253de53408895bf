import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Client, credentials } from '@grpc/grpc-js';
import { unary } from '../../../src/foundation/grpc/call.ts';
import { serviceDefinition } from '../../../src/foundation/grpc/definitions.ts';
import { runRouter } from '../../../src/router/router.ts';
import { runCli } from '../../support/cli.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { recordLog } from '../../support/log.ts';
import { routerConfig } from '../../support/router-config.ts';
import { waitFor } from '../../support/wait.ts';
import { type Harness, service, startHarness } from '../cluster-client/harness.ts';
import { shortForm, startRouter, targets } from './harness.ts';

const CHAIN = { 'chain.yaml': shortForm('chain', ['in', 'mask', 'out']) };
const ID = 'default/chain';

const SERVICES = {
  a: service('in', { type: 'source', endpoint: '' }),
  b: service('mask'),
  c: service('out', { type: 'sink' }),
};

async function session(test: TestContext, port: number, id: keyof typeof SERVICES): Promise<Harness> {
  const dataPort = { a: 9091, b: 9092, c: 9093 }[id];
  const identity = {
    sidecarId: id,
    podName: id,
    namespace: 'default',
    labels: {},
    version: '1',
    instance: id,
  };
  const started = await startHarness({
    addresses: [`127.0.0.1:${port}`],
    pod: [SERVICES[id]],
    identity,
    advertised: { port: () => dataPort },
    timings: { heartbeatIntervalMs: 100 },
  });
  test.after(() => started.stop());
  return started;
}

describe('a router and its sidecars', () => {
  failOnLeaks();

  it('come together, and again after the router was restarted, with no route lost in between', async (test) => {
    const first = await startRouter(test, CHAIN, { heartbeatIntervalMs: 100 });
    const { port } = first.router;
    const sidecars = [
      await session(test, port, 'a'),
      await session(test, port, 'b'),
      await session(test, port, 'c'),
    ];
    const complete = (): boolean =>
      sidecars.every((each) =>
        Object.values(targets(each.assignment(ID)!)).every((target) => target !== 'nowhere'),
      );
    await waitFor(complete, { what: 'every stage to be found' });
    const before = sidecars.map((each) => each.assignment(ID)?.generation);
    await first.stop();

    const calls = sidecars.map((each) => each.calls.length);
    const second = await startRouter(test, CHAIN, { heartbeatIntervalMs: 100, port });
    await waitFor(
      () =>
        second.router.status.statusz()['settling'] === false &&
        second.router.status.figures().sidecars.registered === 3,
      {
        what: 'all to be back',
      },
    );
    await waitFor(() => sidecars.every(({ client }) => client.snapshot().state === 'registered'));
    await waitFor(() => second.router.status.figures().sidecars.watching === 3);
    assert.ok(complete());
    for (const [index, each] of sidecars.entries()) {
      const lost = each.calls
        .slice(calls[index])
        .filter((call) => call.kind === 'assign' && call.ids.length === 0);
      assert.deepEqual(lost, [], 'a failover never shrinks a route');
    }
    assert.deepEqual(
      sidecars.map((each) => each.assignment(ID)?.generation),
      before,
    );
    await second.write('chain.yaml', shortForm('chain', ['in', 'out']));
    await waitFor(() => sidecars[0]?.assignment(ID)?.stages.length === 2);
    await waitFor(() => sidecars[1]?.running().length === 0);
  });

  it('part: who drains leaves the routes of the others, who leaves is gone', async (test) => {
    const router = await startRouter(test, CHAIN, { heartbeatIntervalMs: 100 });
    const { port } = router.router;
    const [a, c] = [await session(test, port, 'a'), await session(test, port, 'c')];
    const out = (): string | undefined => targets(a.assignment(ID)!)['out'];
    await waitFor(() => out() === 'c');
    await c.client.setDraining('test');
    await waitFor(() => out() === 'nowhere');
    assert.deepEqual(c.running(), [ID], 'its own part stays');
    await c.client.leave('test', AbortSignal.timeout(1_000));
    await waitFor(() => router.router.status.figures().sidecars.registered === 1);
  });

  it('part without a word: a source that ends is a source no more', async (test) => {
    const router = await startRouter(test, CHAIN, { heartbeatIntervalMs: 100 });
    const a = await session(test, router.router.port, 'a');
    await waitFor(() => a.running().length === 1);
    a.setServices([]);
    await waitFor(() => a.running().length === 0);
    a.setServices([SERVICES.a]);
    await waitFor(() => a.running().length === 1);
  });
});

describe('the router program', () => {
  failOnLeaks();

  async function inDirectory(test: TestContext): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'router-'));
    test.after(() => rm(directory, { recursive: true }));
    return directory;
  }

  it('serves until told to stop: gRPC health and reflection, readiness, status', async (test) => {
    const pipelinesDir = await inDirectory(test);
    await writeFile(join(pipelinesDir, 'chain.yaml'), CHAIN['chain.yaml']);
    const stopping = new AbortController();
    const logger = recordLog();
    const config = routerConfig({ PIPELINES_DIR: pipelinesDir });
    const ended = runRouter(config, { logger, version: '1.2.3' }, stopping.signal);
    const line = await waitFor(() => logger.lines.find(({ message }) => message === 'router listens'));
    assert.equal(line.fields['pipelines'], 1);
    const client = new Client(`127.0.0.1:${Number(line.fields['port'])}`, credentials.createInsecure());
    test.after(() => client.close());
    const { Check } = serviceDefinition('grpc.health.v1.Health');
    for (const name of ['', 'conveyor.router.RouterAdmin', 'conveyor_etl.sidecar.SidecarCoordinator'])
      assert.equal((await unary(client, Check, { service: name }, { timeoutMs: 2_000 })).status, 'SERVING');
    const { path, requestSerialize, responseDeserialize } = serviceDefinition(
      'grpc.reflection.v1.ServerReflection',
    ).ServerReflectionInfo;
    const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    stream.write({ listServices: '' });
    const [listed] = (await once(stream, 'data')) as [
      { listServicesResponse: { service: { name: string }[] } },
    ];
    stream.end();
    await once(stream, 'status');
    const names = listed.listServicesResponse.service.map(({ name }) => name);
    assert.ok(
      names.includes('conveyor_etl.router.RouterAdmin') &&
        names.includes('conveyor.sidecar.SidecarCoordinator'),
    );
    stopping.abort();
    assert.equal(await ended, 0);
  });

  it('ends with one line when the directory is not there, or a port is taken', async (test) => {
    const directory = await inDirectory(test);
    const run = (env: Readonly<Record<string, string>>): ReturnType<typeof runCli> =>
      runCli(['router', '--router-port', env['ROUTER_PORT'] ?? '0'], {
        env: { ADMIN_PORT: '0', PIPELINES_DIR: directory, ...env },
      });
    const missing = await run({ PIPELINES_DIR: join(directory, 'missing') });
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /^conveyor-sidecar router: cannot read the directory .*missing[^\n]*\n$/);

    const taken = createServer().listen(0);
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const second = await run({ ROUTER_PORT: String(port) });
    taken.close();
    assert.equal(second.code, 1);
    assert.match(
      second.stderr,
      new RegExp(`^conveyor-sidecar router: cannot listen on [^\\n]*:${port}: [^\\n]*\\n$`),
    );
  });
});
