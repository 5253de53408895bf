import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PassThrough } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { Chaos } from '../../../src/demo/chaos.ts';
import { readBack } from '../../../src/demo/database.ts';
import { layout, type Program } from '../../../src/demo/layout.ts';
import { parseLedger } from '../../../src/demo/ledger.ts';
import { findFreePorts } from '../../../src/demo/ports.ts';
import { Processes } from '../../../src/demo/processes.ts';
import { ProgressLine } from '../../../src/demo/progress.ts';
import { followSource } from '../../../src/demo/source-reports.ts';
import { table } from '../../../src/demo/table.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { waitFor } from '../../support/wait.ts';

failOnLeaks();
let folder = '';
before(() => void (folder = mkdtempSync(join(tmpdir(), 'conveyor-demo-test-'))));
after(() => rmSync(folder, { recursive: true }));

const script = (name: string, code: string): Program => ({ name, args: ['--eval', code], env: {} });
const host = { execPath: process.execPath, env: { ...process.env, NAMESPACE: 'prod' } };

describe('processes of the demo', () => {
  it('log to a file each, do not see our configuration, and end by SIGTERM or, deaf to it, by SIGKILL', async () => {
    const processes = new Processes(host, folder);
    processes.start(script('calm', 'console.log("up", process.env.NAMESPACE); setInterval(() => {}, 1000)'));
    processes.start(
      script('deaf', 'process.on("SIGTERM", () => {}); console.log("up"); setInterval(() => {}, 1000)'),
    );
    await waitFor(() => readFileSync(join(folder, 'calm.log'), 'utf8') === 'up undefined\n');
    await waitFor(() => readFileSync(join(folder, 'deaf.log'), 'utf8') === 'up\n');
    await processes.stop(50);
    assert.throws(() => processes.start(script('late', '')), { code: 'CANCELLED' });
  });

  it('tell when one ends that should not, and which', async () => {
    const processes = new Processes(host, folder);
    processes.start(script('broken', 'console.error("no such port"); process.exit(64)'));
    await assert.rejects(processes.failed, {
      code: 'UNAVAILABLE',
      message: 'broken ended with exit code 64',
    });
    assert.equal(processes.failedName, 'broken');
    assert.equal(await processes.logTail('broken'), 'no such port');
    await processes.stop(50);
  });

  it('do not count as failed when they are killed on purpose or end as they should', async () => {
    const processes = new Processes(host, folder);
    processes.start(script('victim', 'setInterval(() => {}, 1000)'));
    await processes.kill('victim');
    const { stdout, exited } = processes.startPiped(script('short', 'console.log("done")'));
    let text = '';
    for await (const chunk of stdout) text += String(chunk);
    await exited;
    assert.equal(text, 'done\n');
    assert.equal(processes.failedName, undefined);
    await processes.stop(50);
  });
});

describe('chaos', () => {
  it('kills the middle and the router in turn as records are done, and starts each again', async () => {
    const log: string[] = [];
    const chaos = new Chaos(
      {
        middle: script('m', ''),
        router: script('r', ''),
        kill: (name) => Promise.resolve(void log.push(`kill ${name}`)),
        start: ({ name }) => void log.push(`start ${name}`),
        onKill: () => undefined,
      },
      1_000,
    );
    chaos.onProgress(99);
    await chaos.settled();
    assert.deepEqual(log, []);
    chaos.onProgress(300);
    await chaos.settled();
    assert.deepEqual(log, ['kill m', 'start m', 'kill r', 'start r']);
    chaos.onProgress(1_000);
    chaos.onProgress(1_000);
    await chaos.settled();
    assert.deepEqual(chaos.kills, ['m', 'r', 'm', 'r', 'm', 'r']);
  });
});

describe('the ledger in /metrics', () => {
  it('is read by pipeline, with 0 for what is not there', () => {
    const ledger = parseLedger(
      [
        '# HELP conveyor_sidecar_records_total records',
        '# TYPE conveyor_sidecar_records_total counter',
        'conveyor_sidecar_records_total{pipeline="default/p",state="entered"} 1200000',
        'conveyor_sidecar_records_total{state="filtered",pipeline="default/p"} 1.1e+6',
        'conveyor_sidecar_records_total{pipeline="other/p",state="entered"} 7',
        'conveyor_sidecar_in_flight_records{pipeline="default/p"} 3',
        'conveyor_sidecar_unaccounted_records{pipeline="default/p"} -2',
        'process_cpu_seconds_total 1',
      ].join('\n'),
      'default/p',
    );
    const { entered, filtered, delivered, inFlight, unaccounted } = ledger;
    assert.deepEqual([entered, filtered, delivered, inFlight, unaccounted], [1_200_000, 1_100_000, 0, 3, -2]);
  });
});

describe('the layout', () => {
  it('gives every server a port of its own, in the range of the sidecar that shall find it', async () => {
    const firstPort = await findFreePorts(20);
    const plan = layout({ firstPort, folder: '/x', records: Infinity, input: '' });
    const ports = [plan.router, ...plan.sidecars, ...plan.services].flatMap(({ env }) =>
      ['ROUTER_PORT', 'GRPC_PORT', 'ADMIN_PORT', 'PORT'].flatMap((name) => env[name] ?? []),
    );
    assert.equal(new Set(ports).size, 2 + 6 + 3);
    assert.ok(ports.every((port) => Number(port) >= firstPort && Number(port) < firstPort + 20));
    const found = plan.sidecars.map(({ env }) =>
      plan.services
        .filter(
          (service) =>
            Number(service.env['PORT']) >= Number(env['DISCOVERY_START_PORT']) &&
            Number(service.env['PORT']) <= Number(env['DISCOVERY_END_PORT']),
        )
        .map(({ name }) => name),
    );
    assert.deepEqual(found, [[], ['transform-delayed', 'transform-airports'], ['sink-sqlite']]);
    assert.ok(plan.source.args.includes(`127.0.0.1:${plan.sidecars[0].env['GRPC_PORT']}`));
  });

  it('leaves out ports that are taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    const port = await waitFor(() => {
      const address = server.address();
      return typeof address === 'object' && address?.port;
    });
    // the first place that it looks at begins at the taken port, the second one elsewhere
    const places = [(port - 20_000) / (12_000 - 2), 0.5];
    const found = await findFreePorts(2, () => places.shift() ?? Math.random());
    assert.ok(found !== port && found + 1 !== port);
    server.close();
  });
});

describe('what is read and shown', () => {
  it('reads rows, repeats and aggregates back from the database', () => {
    const file = join(folder, 'flights.db');
    using database = new DatabaseSync(file);
    database.exec(`
      CREATE TABLE flights (date, delay, distance, origin, origin_city, destination, destination_city, writes);
      INSERT INTO flights VALUES ('d', 20, 1, 'LAS', 'Las Vegas', 'PHL', NULL, 1), ('d', 40, 1, 'LAS', 'Las Vegas', 'PHL', NULL, 2)`);
    const { rows, writes, mostDelayed, worstRoutes } = readBack(file);
    assert.deepEqual([rows, writes], [2, 3]);
    assert.deepEqual(mostDelayed[1], ['d', 'LAS', 'Las Vegas', 'PHL', null, 40]);
    assert.deepEqual(worstRoutes.slice(1), [['LAS Las Vegas', 'PHL ', 2, 30, 40]]);
  });

  it('follows the source to its last word', async () => {
    const seen: number[] = [];
    const stream = new PassThrough();
    stream.end('{"event":"progress","succeeded":1}\n{"event":"done","succeeded":2}\n');
    const done = await followSource(stream, ({ succeeded }) => void seen.push(succeeded));
    assert.deepEqual([seen, done?.succeeded], [[1, 2], 2]);
    const empty = new PassThrough();
    empty.end();
    assert.equal(await followSource(empty, () => undefined), undefined);
  });

  it('aligns tables, numbers to the right', () => {
    assert.equal(
      table([
        ['name', 'n'],
        ['a', 1_000],
        ['long', null],
        ['b', 2],
      ]),
      '  name  n\n  a     1,000\n  long\n  b     2\n',
    );
    assert.equal(
      table([
        ['name', 'n'],
        ['a', 1_000],
        ['b', 2],
      ]),
      '  name      n\n  a     1,000\n  b         2\n',
    );
  });

  it('writes progress over itself on a terminal only', () => {
    const written = (isTTY: boolean): string => {
      const output = Object.assign(new PassThrough(), { isTTY });
      const line = new ProgressLine(output);
      line.update({ done: 50_000, total: 100_000, inFlight: 1_500 });
      line.note('noted');
      line.clear();
      return String(output.read());
    };
    assert.match(written(true), /^\r.*━━──.* 50,000 of 100,000 records, .*1,500 in flight\r\x1b\[Knoted\n$/);
    assert.equal(written(false), 'noted\n');
  });
});
