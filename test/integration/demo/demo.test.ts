import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { runDemo } from '../../../src/demo/demo.ts';
import type { DemoConfig } from '../../../src/demo/settings.ts';
import type { Summary } from '../../../src/demo/summary.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { waitFor } from '../../support/wait.ts';

const DEFAULTS: DemoConfig = { records: 10_000, input: '', chaos: false, keepRunning: false, output: 'json' };

/** The demo with what it writes, and a folder of its own for temporary files. */
function start(config: Partial<DemoConfig>, signal = new AbortController().signal) {
  const written = { stdout: '', stderr: '' };
  const collect = (name: 'stdout' | 'stderr') =>
    new PassThrough().on('data', (chunk: Buffer) => (written[name] += chunk.toString()));
  const io = {
    stdout: collect('stdout'),
    stderr: collect('stderr'),
    execPath: process.execPath,
    env: process.env,
  };
  return { written, code: runDemo({ ...DEFAULTS, ...config }, io, signal) };
}

describe('the demo', () => {
  failOnLeaks();
  const usual = process.env['TMPDIR'];
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'conveyor-demo-test-'));
    process.env['TMPDIR'] = folder;
  });
  after(async () => {
    if (usual === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = usual;
    await rm(folder, { recursive: true });
  });

  it('brings the late flights through three sidecars into the database, adds up and cleans up', async () => {
    const { written, code } = start({});
    assert.equal(await code, 0, written.stderr);
    const summary = JSON.parse(written.stdout) as Summary;
    assert.ok(summary.addsUp);
    assert.equal(summary.source.succeeded, 10_000);
    assert.equal(summary.database.rows, summary.input.delayed);
    assert.ok(summary.database.rows > 1_000);
    assert.deepEqual(await readdir(folder), []);
  });

  it('adds up when the middle sidecar and the router are killed while it runs', async () => {
    const { written, code } = start({ chaos: true, records: 20_000, output: 'text' });
    assert.equal(await code, 0, written.stdout + written.stderr);
    assert.match(written.stdout, /Killed and started again: sidecar-b, router, sidecar-b/);
    assert.match(written.stdout, /It adds up/);
  });

  it('starts nothing for an input that it cannot read, and names the line', async () => {
    const input = join(folder, 'flights.csv');
    writeFileSync(input, 'date,delay,distance,origin,destination\n2001-01-01,late,1,LAS,PHL\n');
    const { written, code } = start({ input });
    assert.equal(await code, 1);
    assert.match(written.stderr, /flights\.csv:2: delay and distance must be numbers/);
    await rm(input);
    assert.deepEqual(await readdir(folder), []);
  });

  it('ends all of its processes when it is stopped', async () => {
    const stopping = new AbortController();
    const { written, code } = start({ records: 300_000, output: 'text' }, stopping.signal);
    await waitFor(() => written.stdout.includes('Running'), { timeoutMs: 90_000 });
    stopping.abort();
    assert.equal(await code, 130);
    assert.deepEqual(await readdir(folder), []);
  });
});
