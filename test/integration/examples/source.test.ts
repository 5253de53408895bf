import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Server, ServerCredentials, type ServerDuplexStream, status } from '@grpc/grpc-js';
import { serviceDefinition } from '../../../src/foundation/grpc/definitions.ts';
import type { RecordBatch__Output } from '../../../src/foundation/grpc/gen/conveyor/common/RecordBatch.ts';
import type { AckStatus } from '../../../src/foundation/grpc/gen/conveyor/sidecar/AckStatus.ts';
import type { PushRecordsRequest__Output } from '../../../src/foundation/grpc/gen/conveyor/sidecar/PushRecordsRequest.ts';
import type { PushRecordsResponse } from '../../../src/foundation/grpc/gen/conveyor/sidecar/PushRecordsResponse.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { waitFor } from '../../support/wait.ts';
import { type Program, startProgram } from './programs.ts';

type Stream = ServerDuplexStream<PushRecordsRequest__Output, PushRecordsResponse>;
/** What a fake sidecar does with a batch of its n-th stream (from 0). */
type OnBatch = (stream: Stream, batch: RecordBatch__Output, streamIndex: number) => void;

/** A sidecar that grants `credits` at the start of each stream and does with the batches as the test says. */
async function fakeSidecar({
  credits,
  onBatch,
  port = 0,
}: {
  credits: number;
  onBatch: OnBatch;
  port?: number;
}) {
  const inits: PushRecordsRequest__Output['init'][] = [];
  const server = new Server();
  server.addService(serviceDefinition('conveyor.sidecar.SidecarDataPlane'), {
    PushRecords(stream: Stream) {
      const index = inits.length;
      stream.on('data', ({ init, batch }: PushRecordsRequest__Output) => {
        if (init) {
          inits.push(init);
          stream.write({ credits: { granted: credits } });
        }
        if (batch) onBatch(stream, batch, index);
      });
      stream.on('end', () => stream.end());
      stream.on('error', () => undefined);
    },
  });
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, value) => {
      if (error === null) resolve(value);
      else reject(error);
    });
  });
  after(() => server.forceShutdown());
  return { server, port: bound, endpoint: `127.0.0.1:${bound}`, inits };
}

/** Acknowledges a batch; `fate` gives the status of each record, SUCCESS unless told, and credits come back. */
function acknowledge(
  stream: Stream,
  batch: RecordBatch__Output,
  fate?: (sequence: number) => AckStatus,
): void {
  const recordAcks = batch.records.map(({ id }) => ({
    recordId: id,
    status: fate?.(id?.sequenceNumber ?? 0) ?? ('ACK_STATUS_SUCCESS' as const),
  }));
  const success = recordAcks.every((ack) => ack.status === 'ACK_STATUS_SUCCESS');
  stream.write({ ack: { batchId: batch.batchId, success, recordAcks } });
  stream.write({ credits: { granted: batch.records.length } });
}

const idsOf = (batch: RecordBatch__Output): string[] =>
  batch.records.map(({ id }) => `${id?.sourceId}/${id?.partition}/${id?.sequenceNumber}`);

const startSource = (endpoint: string, ...args: string[]): Program =>
  startProgram('source-flights/main.ts', { args: ['--endpoint', endpoint, ...args] });

async function totalsOf(program: Program): Promise<Record<string, unknown>> {
  const line = await waitFor(() => /^.*"done".*$/m.exec(program.stdout())?.[0], {
    timeoutMs: 15_000,
    what: () => `the totals: ${program.stdout()} ${program.stderr()}`,
  });
  await waitFor(() => program.child.exitCode !== null);
  assert.equal(program.child.exitCode, 0);
  return JSON.parse(line) as Record<string, unknown>;
}

describe('examples/source-flights', () => {
  failOnLeaks();
  let folder = '';
  before(() => void (folder = mkdtempSync(join(tmpdir(), 'conveyor-source-'))));
  after(() => rmSync(folder, { recursive: true }));

  it('pushes each flight once, in order within a partition, where the sidecar takes all', async () => {
    const seen: string[] = [];
    const sidecar = await fakeSidecar({
      credits: 1_000,
      onBatch(stream, batch) {
        seen.push(...idsOf(batch));
        acknowledge(stream, batch);
      },
    });
    const totals = await totalsOf(startSource(sidecar.endpoint, '--records', '5000'));
    assert.deepEqual(
      [totals['read'], totals['succeeded'], totals['failed'], totals['resent'], totals['open']],
      [5_000, 5_000, 0, 0, 0],
    );
    assert.equal(new Set(seen).size, 5_000);
    assert.equal(seen.length, 5_000);
    const last = new Map<string, number>();
    for (const id of seen) {
      const [, partition = '', sequence] = id.split('/');
      assert.equal(Number(sequence), (last.get(partition) ?? 0) + 1);
      last.set(partition, Number(sequence));
    }
    assert.ok(last.size > 4);
    assert.equal(sidecar.inits[0]?.sourceId, 'source-flights');
  });

  it('sends again what comes back with RETRY, and only that, and gives up what has FAILED', async () => {
    const times = new Map<string, number>();
    const sidecar = await fakeSidecar({
      credits: 10_000,
      onBatch(stream, batch) {
        for (const id of idsOf(batch)) times.set(id, (times.get(id) ?? 0) + 1);
        acknowledge(stream, batch, (sequence) => {
          const seen = times.get(`source-flights/${batch.records[0]?.id?.partition}/${sequence}`) ?? 0;
          if (sequence % 10 === 1) return seen < 3 ? 'ACK_STATUS_RETRY' : 'ACK_STATUS_SUCCESS';
          return sequence % 10 === 2 ? 'ACK_STATUS_FAILED' : 'ACK_STATUS_SUCCESS';
        });
      },
    });
    const totals = await totalsOf(startSource(sidecar.endpoint, '--records', '2000'));
    const retried = [...times].filter(([, count]) => count === 3);
    const failed = [...times.keys()].filter((id) => id.endsWith('2'));
    assert.equal(times.size, 2_000);
    assert.ok(retried.length > 100 && retried.every(([id]) => id.endsWith('1')));
    assert.ok([...times].every(([id, count]) => count === (id.endsWith('1') ? 3 : 1)));
    assert.deepEqual(
      [totals['succeeded'], totals['failed'], totals['resent']],
      [2_000 - failed.length, failed.length, 2 * retried.length],
    );
  });

  it('loses nothing when the stream breaks and the sidecar comes back on the same port', async () => {
    const taken: string[] = [];
    const acknowledged = new Set<string>();
    const first = await fakeSidecar({
      credits: 2_000,
      onBatch(stream, batch) {
        taken.push(...idsOf(batch));
        // some are answered, the last ones never: the process dies with them
        if (taken.length < 1_500) {
          acknowledge(stream, batch);
          for (const id of idsOf(batch)) acknowledged.add(id);
        }
      },
    });
    const program = startSource(first.endpoint, '--records', '6000');
    await waitFor(() => taken.length >= 3_000);
    first.server.forceShutdown();
    const again = new Set<string>();
    const second = await fakeSidecar({
      credits: 1_000,
      port: first.port,
      onBatch(stream, batch, index) {
        for (const id of idsOf(batch)) again.add(id);
        // the second stream is refused half-way once more
        if (index === 0 && again.size > 1_000)
          stream.emit('error', { code: status.UNAVAILABLE, details: 'gone' });
        else if (index > 0 || again.size <= 500) {
          acknowledge(stream, batch);
          for (const id of idsOf(batch)) acknowledged.add(id);
        }
      },
    });
    const totals = await totalsOf(program);
    assert.equal(totals['succeeded'], 6_000);
    assert.equal(acknowledged.size, 6_000);
    assert.ok(second.inits.length >= 2);
    assert.ok(Number(totals['resent']) > 0);
    assert.ok(taken.filter((id) => !again.has(id)).every((id) => acknowledged.has(id)));
  });

  it('keeps to its credits and to a pause', async () => {
    let balance = 600;
    let paused = false;
    let overdrawn = 0;
    const open: (() => void)[] = [];
    const sidecar = await fakeSidecar({
      credits: 600,
      onBatch(stream, batch) {
        if (balance <= 0 || paused) overdrawn++;
        balance -= batch.records.length;
        open.push(() => {
          balance += batch.records.length;
          acknowledge(stream, batch);
        });
        if (balance > 0) return;
        // all of the window is taken: a pause, and then everything is answered at once
        paused = true;
        stream.write({ backpressure: { pause: true, waitMs: 10_000, reason: 'test' } });
        setImmediate(() => {
          paused = false;
          stream.write({ backpressure: { pause: false } });
          for (const answer of open.splice(0)) answer();
        });
      },
    });
    const program = startSource(sidecar.endpoint, '--records', '4000');
    // the end of the input may leave the window half full
    const flush = setInterval(() => {
      if (balance > 0) for (const answer of open.splice(0)) answer();
    }, 50);
    const totals = await totalsOf(program).finally(() => clearInterval(flush));
    assert.equal(totals['succeeded'], 4_000);
    assert.equal(overdrawn, 0);
  });

  it('reads NDJSON and CSV, and names the line that is not a flight', async () => {
    const payloads: unknown[] = [];
    const sidecar = await fakeSidecar({
      credits: 1_000,
      onBatch(stream, batch) {
        payloads.push(...batch.records.map(({ payload }) => JSON.parse(payload.toString()) as unknown));
        acknowledge(stream, batch);
      },
    });
    const flight = { date: '2001-01-01', delay: 20, distance: 300, origin: 'LAS', destination: 'PHL' };
    const ndjson = join(folder, 'flights.ndjson');
    const csv = join(folder, 'flights.csv');
    writeFileSync(ndjson, `${JSON.stringify(flight)}\n\n${JSON.stringify({ ...flight, extra: 1 })}\n`);
    writeFileSync(csv, 'origin,Destination,delay,distance,date\nLAS,"PHL",20,300,"2001-01-01"\n');
    await totalsOf(startSource(sidecar.endpoint, '--input', ndjson));
    await totalsOf(startSource(sidecar.endpoint, '--input', csv));
    assert.deepEqual(payloads, [flight, flight, flight]);

    writeFileSync(csv, 'origin,destination,delay,distance,date\nLAS,PHL,late,300,2001-01-01\n');
    const program = startSource(sidecar.endpoint, '--input', csv);
    await waitFor(() => program.child.exitCode !== null);
    assert.equal(program.child.exitCode, 1);
    assert.match(program.stderr(), /flights\.csv:2: delay and distance must be numbers/);
  });

  it('gives up with the reason when the sidecar refuses it for good', async () => {
    const sidecar = await fakeSidecar({
      credits: 1_000,
      onBatch: (stream) => stream.emit('error', { code: status.INVALID_ARGUMENT, details: 'no such stage' }),
    });
    const program = startSource(sidecar.endpoint, '--records', '100');
    await waitFor(() => program.child.exitCode !== null);
    assert.equal(program.child.exitCode, 1);
    assert.match(program.stderr(), /no such stage/);
  });

  it('stops reading on SIGTERM and ends when what was open is acknowledged', async () => {
    const open: (() => void)[] = [];
    const sidecar = await fakeSidecar({
      credits: 2_000,
      onBatch: (stream, batch) => open.push(() => acknowledge(stream, batch)),
    });
    const program = startSource(sidecar.endpoint, '--records', '100000');
    await waitFor(() => open.length >= 4);
    program.child.kill('SIGTERM');
    const flush = setInterval(() => {
      for (const answer of open.splice(0)) answer();
    }, 20);
    const totals = await totalsOf(program).finally(() => clearInterval(flush));
    assert.ok(Number(totals['read']) < 100_000);
    assert.equal(totals['succeeded'], totals['read']);
  });
});
