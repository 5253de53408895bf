import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { findFreePorts } from '../../../src/demo/ports.ts';
import { useKeep } from '../../support/keep.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { type Program, startProgram } from '../../support/program.ts';
import { chain, startTestRouter, type TestRouter } from '../../support/router.ts';
import { openPush, records } from '../../support/push.ts';
import { distinct, fates, latch, range } from '../../support/scene.ts';
import { startSource } from '../../support/source.ts';
import { type SinkService, startSink, startTransform, type StageService } from '../../support/stages.ts';
import { waitFor } from '../../support/wait.ts';

failOnLeaks();

const keep = useKeep();

interface SidecarProcess extends Program {
  readonly grpcPort: number;
  readonly env: Record<string, string>;
}

async function sidecarEnv(
  id: string,
  router: TestRouter,
  service?: StageService,
): Promise<Record<string, string>> {
  const grpcPort = await findFreePorts(2);
  return {
    SIDECAR_ID: id,
    CLUSTER_ENDPOINT: router.address,
    GRPC_PORT: `${grpcPort}`,
    ADMIN_PORT: `${grpcPort + 1}`,
    POD_IP: '127.0.0.1',
    HEARTBEAT_INTERVAL_SECS: '0.2',
    DISCOVERY_START_PORT: `${service?.port ?? 1}`,
    DISCOVERY_END_PORT: `${service?.port ?? 1}`,
    SHUTDOWN_GRACE: '5s',
    BATCH_TIMEOUT: '5s',
    ...(service === undefined ? {} : { SERVICE_NAMES: `${service.port}=${service.service.name}` }),
  };
}

function run(env: Record<string, string>): SidecarProcess {
  return keep({ ...startProgram(['run'], env), grpcPort: Number(env['GRPC_PORT']), env });
}

interface House {
  readonly sink: SinkService;
  readonly a: SidecarProcess;
  readonly b: SidecarProcess;
  readonly c: SidecarProcess;
}

async function house(): Promise<House> {
  const router = keep(await startTestRouter({ 'p.yaml': chain('p', { steps: ['mask'] }) }));
  const mask = keep(await startTransform({ name: 'mask' }));
  const sink = keep(await startSink({ name: 'store' }));
  const a = run(await sidecarEnv('a', router));
  const b = run(await sidecarEnv('b', router, mask));
  const c = run(await sidecarEnv('c', router, sink));
  await Promise.all([a, b, c].map((each) => each.ready()));
  return { sink, a, b, c };
}

async function assertBalanced(...sidecars: Program[]): Promise<void> {
  for (const each of sidecars) {
    const metrics = await each.page('/metrics');
    const values = [...metrics.matchAll(/^conveyor_sidecar_(?:unaccounted|in_flight)_records\{.*\} (.*)$/gm)];
    assert.deepEqual([...new Set(values.map(([, value]) => value))], ['0']);
  }
}

/** The most that a process has had in memory. */
async function peakBytes({ child }: Program): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) * 1_024;
}

describe('a sidecar as a process, from the bundle', () => {
  it('SIGTERM under load: exits 0, tells what it did, and nothing is lost or repeated', async () => {
    const { sink, a, b, c } = await house();
    const source = keep(startSource(a.grpcPort, { count: 3_000 }));
    await waitFor(() => source.acknowledged.size > 300, { timeoutMs: 20_000 });
    b.signal('SIGTERM');
    assert.equal(await b.exited, 0);
    assert.match(b.log(), /"message":"drained"/);
    keep(startProgram(['run'], b.env));
    await source.done;
    assert.deepEqual(distinct(sink), range(0, 3_000));
    assert.equal(sink.written.length, 3_000);
    await assertBalanced(a, c);
  });

  it('SIGTERM under load in a pod: serves the source beside it to its end, and gives nothing back', async () => {
    const { sink, a: before, b, c } = await house();
    await before.stop();
    const folder = await mkdtemp(join(tmpdir(), 'termination-'));
    keep({ stop: () => rm(folder, { recursive: true }) });
    const message = join(folder, 'log');
    await writeFile(message, '');
    const inPod = { KUBERNETES_SERVICE_HOST: '127.0.0.1', HOOK_KEY: 'k'.repeat(32) };
    const env = { ...before.env, ...inPod, SHUTDOWN_GRACE: '30s', TERMINATION_LOG: message };
    const a = run(env);
    await a.ready();
    const source = keep(startSource(a.grpcPort, { count: 3_000 }));
    await waitFor(() => source.acknowledged.size > 300, { timeoutMs: 20_000 });
    assert.equal(await a.page(`/prestop/${'k'.repeat(32)}`), 'ok\n');
    a.signal('SIGTERM');
    await source.done;
    assert.equal(await a.exited, 0);
    assert.equal(source.sentAgain(), 0);
    assert.deepEqual(distinct(sink), range(0, 3_000));
    assert.equal(sink.written.length, 3_000);
    const { trigger, returned } = JSON.parse(await readFile(message, 'utf8')) as Record<string, unknown>;
    assert.deepEqual({ trigger, returned }, { trigger: 'hook', returned: 0 });
    await assertBalanced(b, c);
  });

  it('SIGKILL under load: what was acknowledged is at the sink, and the source brings the rest', async () => {
    const { sink, a, b, c } = await house();
    const source = keep(startSource(a.grpcPort, { count: 3_000 }));
    for (const [at, victim] of [
      [300, b],
      [1_000, c],
      [1_700, a],
    ] as const) {
      await waitFor(() => source.acknowledged.size > at, {
        timeoutMs: 30_000,
        what: () => `${source.acknowledged.size} of ${at}`,
      });
      victim.signal('SIGKILL');
      assert.equal(await victim.exited, 'SIGKILL');
      const written = new Set(distinct(sink));
      assert.deepEqual(
        [...source.acknowledged].filter((sequence) => !written.has(sequence)),
        [],
      );
      keep(startProgram(['run'], victim.env));
    }
    await source.done;
    assert.deepEqual(distinct(sink), range(0, 3_000));
  });

  it('a budget that is used up: a source that heeds nothing waits outside, and memory stays where it is', async () => {
    const MIB = 1 << 20;
    const door = latch();
    const router = keep(await startTestRouter({ 'p.yaml': chain('p') }));
    const batch = async (): Promise<{ status: 'WRITE_STATUS_SUCCESS' }> => {
      await door.opened;
      return { status: 'WRITE_STATUS_SUCCESS' };
    };
    const sink = keep(await startSink({ name: 'store', batch }));
    const env = { ...(await sidecarEnv('a', router, sink)), BYTE_BUDGET: '8MiB', BATCH_TIMEOUT: '1m' };
    const a = run({ ...env, CREDITS: '1' });
    await a.ready();
    const source = openPush(a.grpcPort);
    keep({ stop: () => source.close() });
    source.init('src', 'default/p');
    await waitFor(() => source.granted() > 0, { what: 'the pipeline to be assigned' });
    const before = await peakBytes(a);
    // 192 MiB, without a look at credits, pauses or drains
    const acks = range(0, 384).map((i) =>
      source.push(`b${i}`, records(i, 1, { partition: i, bytes: MIB / 2 })),
    );
    const gauge = async (name: string): Promise<number> =>
      Number(new RegExp(`^conveyor_sidecar_${name} (\\d+)$`, 'm').exec(await a.page('/metrics'))?.[1]);
    await waitFor(async () => (await gauge('budget_waiting_messages')) > 0, {
      what: 'the budget to be used up',
    });
    const held = await gauge('in_flight_bytes');
    assert.ok(held > MIB && held <= 8 * MIB, `${held} bytes`);
    const grown = ((await peakBytes(a)) - before) / MIB;
    assert.ok(grown < 32, `${Math.round(grown)} MiB more for a budget of 8 MiB`);
    door.open();
    const fatesOfAll = (await Promise.all(acks)).flatMap(fates);
    assert.deepEqual([...new Set(fatesOfAll)], ['SUCCESS']);
    assert.deepEqual(distinct(sink), range(0, 384));
    await assertBalanced(a);
  });

  it('a second signal ends it at once', async () => {
    const { sink, a } = await house();
    keep(startSource(a.grpcPort, { count: 100_000 }));
    await waitFor(() => sink.written.length > 0, { timeoutMs: 20_000 });
    a.signal('SIGTERM');
    await waitFor(() => a.log().includes('"message":"draining"'));
    a.signal('SIGTERM');
    assert.equal(await a.exited, 143);
  });
});
