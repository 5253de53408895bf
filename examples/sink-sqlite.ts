/**
 * A sink that writes to SQLite. Delivery is at least once, so the write is idempotent: the record's id is the primary
 * key, and a record that comes again only counts as one more write of the same row.
 */
import { DatabaseSync } from 'node:sqlite';
import type { Record__Output } from '../src/foundation/grpc/gen/conveyor/common/Record.ts';
import type { RecordWriteResult } from '../src/foundation/grpc/gen/conveyor/sink/RecordWriteResult.ts';
import type { SinkServiceHandlers } from '../src/foundation/grpc/gen/conveyor/sink/SinkService.ts';
import { loadService } from './protos.ts';
import { serve } from './serve.ts';

const SERVICE = 'conveyor.sink.SinkService';

interface Place {
  readonly city: string;
  readonly latitude: number;
  readonly longitude: number;
}
interface Flight {
  readonly date: string;
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
  readonly from?: Place;
  readonly to?: Place;
}

const database = new DatabaseSync(process.env['DATABASE'] ?? 'flights.db');
// with WAL a process that is killed loses nothing that was committed; only a power cut could cost the last commits
database.exec(`
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS flights (
    source TEXT, partition INTEGER, sequence INTEGER,
    date TEXT, delay INTEGER, distance INTEGER, origin TEXT, destination TEXT,
    origin_city TEXT, origin_latitude REAL, origin_longitude REAL,
    destination_city TEXT, destination_latitude REAL, destination_longitude REAL,
    writes INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (source, partition, sequence)
  ) WITHOUT ROWID`);
const upsert = database.prepare(`
  INSERT INTO flights VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
  ON CONFLICT DO UPDATE SET writes = writes + 1`);

const columnsOf = (place?: Place): (string | number | null)[] =>
  place === undefined ? [null, null, null] : [place.city, place.latitude, place.longitude];

function write({ id, payload }: Record__Output): RecordWriteResult {
  try {
    const flight = JSON.parse(payload.toString()) as Flight;
    const { date, delay, distance, origin, destination, from, to } = flight;
    const key = [id?.sourceId ?? '', id?.partition ?? 0, id?.sequenceNumber ?? 0];
    upsert.run(...key, date, delay, distance, origin, destination, ...columnsOf(from), ...columnsOf(to));
    return { recordId: id, success: true };
  } catch (error) {
    if (error instanceof Error && 'errcode' in error) throw error; // SQLite's own: not the record's fault
    // not a flight, and no retry makes it one
    return { recordId: id, success: false, error: String(error), retryable: false };
  }
}

/** One transaction a batch: all of it is written, or none. */
function writeBatch(records: readonly Record__Output[]): RecordWriteResult[] {
  try {
    database.exec('BEGIN IMMEDIATE');
    const results = records.map(write);
    database.exec('COMMIT');
    return results;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    // a full disk or a locked file may pass: the records are asked for again
    return records.map(({ id }) => ({ recordId: id, success: false, error: String(error), retryable: true }));
  }
}

const handlers: Pick<SinkServiceHandlers, 'WriteBatch'> = {
  WriteBatch({ request: { batch } }, reply) {
    const results = writeBatch(batch?.records ?? []);
    const failed = results.some(({ success }) => success !== true);
    const status = failed ? 'WRITE_STATUS_PARTIAL' : 'WRITE_STATUS_SUCCESS';
    reply(null, { batchId: batch?.batchId ?? '', status, results });
  },
};

serve({
  service: SERVICE,
  definition: loadService('conveyor/sink.proto', SERVICE),
  handlers,
  onStopped: () => database.close(),
});
