import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { DiscoverReport } from '../../src/sidecar/discover.ts';
import { failOnLeaks } from '../support/leaks.ts';
import { waitFor } from '../support/wait.ts';
import { type House, pipelineOf, type Prefix, sinkBecomes, startHouse, startSink } from './house.ts';
import { conveyor, killAtEnd, type Program, python, type Written, writtenBy } from './processes.ts';

killAtEnd();
failOnLeaks();

/** What the source says at its end. */
interface Sum {
  readonly succeeded: number;
  readonly failed: number;
  readonly retried: number;
  readonly codes: Readonly<Record<string, number>>;
}

async function jsonOf<T>(program: Program): Promise<T> {
  const code = await Promise.race([program.exited, delay(60_000, 'still running', { ref: false })]);
  assert.equal(code, 0, program.stderr());
  return JSON.parse(program.stdout()) as T;
}

/** What `describe.py` reads by reflection. */
interface Described {
  readonly services: Readonly<Record<string, readonly string[]>>;
  readonly answer: Readonly<Record<string, unknown>>;
}

const of = (prefix: Prefix, written: readonly Written[]): Written[] =>
  written.filter(({ source }) => pipelineOf(prefix) === source.replace('source-', 'default/'));

/** What the filter keeps of the first records, applied once more: not every tenth, and none without an address. */
const kept = (records: number): number[] =>
  Array.from({ length: records }, (_, number) => number).filter(
    (number) => number % 10 !== 0 && number % 100 !== 99,
  );

const numbers = (written: readonly Written[]): number[] =>
  written.map(({ sequence }) => sequence).sort((a, b) => a - b);

describe('services in Python and Go', { timeout: 120_000 }, () => {
  let house: House;
  let sink: Program;
  before(async () => {
    house = await startHouse();
    sink = await startSink(house);
  });

  it('discover names both, by their shapes, whatever their packages and reflection versions', async () => {
    const command = conveyor([
      ...['discover', '--output', 'json', '--discovery-port', `${house.transformPort},${house.sinkPort}`],
      ...['--discovery-start-port', '1', '--discovery-end-port', '1'],
      ...['--service-name', `${house.sinkPort}=go-store`],
    ]);
    const { ports } = await jsonOf<DiscoverReport>(command);
    const found = ports.flatMap(({ port, state, reflection, services }) =>
      services.map(({ name, kind, protoService, maxBatchSize, availableCapacity, methods }) => ({
        ...{ port, state, reflection, name, kind, protoService, maxBatchSize, availableCapacity, methods },
      })),
    );
    assert.deepEqual(found, [
      {
        port: house.transformPort,
        state: 'services',
        reflection: 'v1alpha',
        name: 'mask-email',
        kind: 'transform',
        protoService: 'acme.filters.v2.FilterTransform',
        maxBatchSize: 50,
        availableCapacity: 0,
        methods: ['GetCapabilities', 'ProcessBatch'],
      },
      {
        port: house.sinkPort,
        state: 'services',
        reflection: 'v1',
        name: 'go-store',
        kind: 'sink',
        protoService: 'conveyor_etl.sink.SinkService',
        maxBatchSize: 0,
        availableCapacity: 1_000,
        methods: ['Flush', 'GetCapacity', 'WriteBatch', 'WriteStream'],
      },
    ]);
  });

  for (const prefix of ['conveyor', 'conveyor_etl'] as const) {
    it(`a source in Python pushes under ${prefix}: its records arrive, transformed, and add up`, async () => {
      const { succeeded, failed, codes } = await jsonOf<Sum>(house.push(prefix, 1_000));
      assert.deepEqual({ succeeded, failed }, { succeeded: 990, failed: 10 });
      assert.equal(codes['TRANSFORM_ERROR'], 10);
      const written = of(prefix, writtenBy(sink));
      assert.deepEqual(numbers(written), kept(1_000));
      for (const { sequence, payload, metadata } of written) {
        assert.deepEqual(payload, { number: sequence, email: 'u***@example.com' });
        assert.deepEqual(metadata, { 'masked-by': 'python' });
      }
      const a = await house.source.ledger(pipelineOf(prefix));
      const b = await house.sink.ledger(pipelineOf(prefix));
      assert.deepEqual([a.unaccounted, b.unaccounted], [0, 0]);
      assert.deepEqual([a['forwarded'], a['filtered'], a['failed']], [890, 100, 10]);
      assert.equal(b['delivered'], 890);
    });
  }

  for (const prefix of ['conveyor', 'conveyor_etl'] as const) {
    it(`a Python client reads our servers by reflection and calls them under ${prefix}`, async () => {
      const ask = (endpoint: string, called: string): Promise<Described> =>
        jsonOf<Described>(python('describe.py', endpoint, called));
      const router = await ask(house.router, `${prefix}.router.RouterAdmin/ListPipelines`);
      assert.ok(router.services[`${prefix}.sidecar.SidecarCoordinator`]?.includes('RegisterSidecar'));
      const pipelines = router.answer['pipelines'] as { id: string }[];
      assert.deepEqual(pipelines.map(({ id }) => id).sort(), ['default/conveyor', 'default/conveyor-etl']);
      const sidecar = await ask(house.source.endpoint, `${prefix}.sidecar.SidecarDataPlane/ReceiveRecords`);
      assert.deepEqual(sidecar.services[`${prefix}.sidecar.SidecarDataPlane`], [
        'PushRecords',
        'ReceiveRecords',
      ]);
      // an empty batch is acknowledged at once
      assert.deepEqual(sidecar.answer, { success: true });
    });
  }

  it('follows what the Go server says of its health', async () => {
    sink.say('NOT_SERVING');
    await sinkBecomes(house, 'unhealthy');
    sink.say('SERVING');
    await sinkBecomes(house, 'healthy');
  });

  it('loses nothing when the Go sink is killed and comes back on its port', async () => {
    const records = 20_000;
    const before = writtenBy(sink).length;
    const source = house.push('conveyor', records);
    await waitFor(() => writtenBy(sink).length > before + 1_000, {
      timeoutMs: 30_000,
      what: 'records on their way',
    });
    await sink.kill();
    await sinkBecomes(house, 'gone');
    assert.equal(source.stdout(), '', 'the source was done before the kill: this shows nothing');
    const first = writtenBy(sink).slice(before);
    sink = await startSink(house);
    const { succeeded, failed } = await jsonOf<Sum>(source);
    assert.deepEqual({ succeeded, failed }, { succeeded: records * 0.99, failed: records * 0.01 });
    const written = new Set(numbers(of('conveyor', [...first, ...writtenBy(sink)])));
    assert.deepEqual(
      [...written].sort((a, b) => a - b),
      kept(records),
    );
    for (const sidecar of [house.source, house.sink])
      assert.equal((await sidecar.ledger(pipelineOf('conveyor'))).unaccounted, 0);
  });
});
