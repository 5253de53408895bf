import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { unary } from '../../../src/foundation/grpc/call.ts';
import { serviceDefinition } from '../../../src/foundation/grpc/definitions.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { clientOf, record, startProgram } from './programs.ts';

const { WriteBatch } = serviceDefinition('conveyor.sink.SinkService');
const FLIGHT = { date: '2001-01-01', delay: 20, distance: 300, origin: 'LAS', destination: 'PHL' };

describe('examples/sink-sqlite', () => {
  failOnLeaks();
  let folder = '';
  before(() => void (folder = mkdtempSync(join(tmpdir(), 'conveyor-sink-'))));
  after(() => rmSync(folder, { recursive: true }));

  it('writes a repeated batch once, says what each record came to, and keeps it over a SIGKILL', async () => {
    const file = join(folder, 'flights.db');
    const program = startProgram('sink-sqlite.ts', { env: { DATABASE: file } });
    const client = await clientOf(program);
    const records = [
      record(1, { ...FLIGHT, from: { city: 'Las Vegas', latitude: 36, longitude: -115 } }),
      record(2, '{'),
      record(3, { delay: 20 }),
      record(4, FLIGHT),
    ];
    const write = () => unary(client, WriteBatch, { batch: { batchId: 'b', records } }, { timeoutMs: 5_000 });
    for (const { status, results } of [await write(), await write()]) {
      assert.equal(status, 'WRITE_STATUS_PARTIAL');
      assert.deepEqual(
        results.map(({ success, retryable }) => [success, retryable]),
        [
          [true, false],
          [false, false],
          [false, false],
          [true, false],
        ],
      );
    }
    client.close();
    program.child.kill('SIGKILL');
    await program.stop();

    using database = new DatabaseSync(file, { readOnly: true });
    const rows = database.prepare('SELECT sequence, origin_city, writes FROM flights').all();
    assert.deepEqual(
      rows.map((row) => ({ ...row })),
      [
        { sequence: 1, origin_city: 'Las Vegas', writes: 2 },
        { sequence: 4, origin_city: null, writes: 2 },
      ],
    );
  });

  it('asks for the records again while another process has the file', async () => {
    const file = join(folder, 'locked.db');
    const program = startProgram('sink-sqlite.ts', { env: { DATABASE: file } });
    const client = await clientOf(program);
    const write = () =>
      unary(client, WriteBatch, { batch: { records: [record(1, FLIGHT)] } }, { timeoutMs: 5_000 });
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const refused = await write();
    other.close();
    assert.deepEqual([refused.results[0]?.success, refused.results[0]?.retryable], [false, true]);
    assert.equal((await write()).status, 'WRITE_STATUS_SUCCESS');
    client.close();
    assert.equal(await program.stop(), 0);
  });
});
