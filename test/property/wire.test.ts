import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { ConveyorError } from '../../src/foundation/errors.ts';
import type { BatchOutline, RecordIdOutline, RecordOutline } from '../../src/sidecar/wire/outline.ts';
import { readRecordType } from '../../src/sidecar/wire/batch.ts';
import { recordBytes } from '../../src/sidecar/wire/outline.ts';
import { readPushRecordsRequest, readReceiveRecordsRequest } from '../../src/sidecar/wire/requests.ts';
import {
  readProcessBatchResponse,
  readReceiveRecordsResponse,
  readWriteBatchResponse,
  type Sent,
} from '../../src/sidecar/wire/responses.ts';
import type { AckException, BatchAcks } from '../../src/sidecar/wire/writer.ts';
import {
  encodeConfig,
  writeProcessBatchRequest,
  writePushAck,
  writeReceiveRecordsRequest,
  writeReceiveRecordsResponse,
  writeWriteBatchRequest,
} from '../../src/sidecar/wire/writer.ts';
import type { DecodedBatch, DecodedId, DecodedRecord, RawBatch } from './wire-messages.ts';
import {
  decode,
  processResponse,
  pushBatch,
  pushHeartbeat,
  pushInit,
  receiveRequest,
  receiveResponse,
  writeResponse,
} from './wire-messages.ts';

const TRANSFORM_STATUS = ['unspecified', 'success', 'filtered', 'error', 'split'];
const WRITE_STATUS = ['unspecified', 'success', 'partial', 'failed', 'pending'];
const ACK_STATUS = ['unspecified', 'success', 'failed', 'retry'];
const PUSH = 'conveyor.sidecar.PushRecordsRequest';

function idFields(id: RecordIdOutline | undefined): DecodedId | null {
  if (!id) return null;
  return {
    source_id: id.bytes.toString('utf8', id.sourceStart, id.sourceEnd),
    partition: id.partition,
    sequence_number: String((BigInt(id.sequenceHigh) << 32n) | BigInt(id.sequenceLow)),
  };
}

function assertId(id: RecordIdOutline | undefined, decoded: DecodedId | null): void {
  const { source_id, partition, sequence_number } = decoded ?? {};
  assert.deepEqual(idFields(id), decoded && { source_id, partition, sequence_number });
  if (id) assert.deepEqual(decode('conveyor.common.RecordId', id.bytes.subarray(id.start, id.end)), decoded);
}

function assertRecord(record: RecordOutline, decoded: DecodedRecord): void {
  assert.deepEqual(decode('conveyor.common.Record', content(record)), decoded);
  assert.equal(readRecordType(record), decoded.record_type);
  assertId(record.id, decoded.id);
}

function assertBatch(batch: BatchOutline, decoded: DecodedBatch): void {
  assert.equal(batch.batchId, decoded.batch_id);
  assert.equal(batch.records.length, decoded.records.length);
  batch.records.forEach((record, index) => assertRecord(record, decoded.records[index]!));
  const watermark = batch.watermark && decode('conveyor.common.Watermark', content(batch.watermark));
  assert.deepEqual(watermark ?? null, decoded.watermark);
}

function content({ bytes, start, end }: { bytes: Buffer; start: number; end: number }): Buffer {
  return bytes.subarray(start, end);
}

function batchOf(bytes: Buffer): BatchOutline {
  const request = readPushRecordsRequest(bytes);
  assert.equal(request.kind, 'batch');
  return (request as { batch: BatchOutline }).batch;
}

function assertPush(bytes: Buffer): void {
  const request = readPushRecordsRequest(bytes);
  const decoded = decode<Record<string, unknown>>(PUSH, bytes);
  if (request.kind === 'batch') assertBatch(request.batch, decoded['batch'] as DecodedBatch);
  else if (request.kind === 'init') {
    assert.deepEqual({ source_id: request.sourceId, pipeline_id: request.pipelineId }, decoded['init']);
  } else assert.equal(request.kind === 'heartbeat', 'heartbeat' in decoded);
}

function assertReceive(bytes: Buffer): void {
  const { batch, ...names } = readReceiveRecordsRequest(bytes);
  const decoded = decode<Record<string, unknown>>('conveyor.sidecar.ReceiveRecordsRequest', bytes);
  assert.equal(names.pipelineId, decoded['pipeline_id']);
  assert.equal(names.stageId, decoded['stage_id']);
  assert.equal(names.sourceSidecarId, decoded['source_sidecar_id']);
  const none: DecodedBatch = { batch_id: '', records: [], watermark: null };
  assertBatch(batch, (decoded['batch'] as DecodedBatch | null) ?? none);
}

function assertProcessResponse(bytes: Buffer): void {
  interface Result {
    original_id: DecodedId | null;
    status: number;
    output_records: DecodedRecord[];
    error_message: string;
  }
  const { results } = readProcessBatchResponse(bytes);
  const decoded = decode<{ results: Result[] }>('conveyor.transform.ProcessBatchResponse', bytes);
  assert.equal(results.length, decoded.results.length);
  results.forEach((result, index) => {
    const { original_id, status, output_records, error_message } = decoded.results[index]!;
    assertId(result.id, original_id);
    assert.equal(result.status, TRANSFORM_STATUS[status] ?? 'unspecified');
    assert.equal(result.errorMessage, error_message);
    assert.equal(result.outputs.length, output_records.length);
    result.outputs.forEach((output, at) => assertRecord(output, output_records[at]!));
  });
}

function assertWriteResponse(bytes: Buffer): void {
  interface Result {
    record_id: DecodedId | null;
    success: boolean;
    error: string;
    retryable: boolean;
  }
  const { status, results } = readWriteBatchResponse(bytes);
  const decoded = decode<{ status: number; results: Result[] }>('conveyor.sink.WriteBatchResponse', bytes);
  assert.equal(status, WRITE_STATUS[decoded.status] ?? 'unspecified');
  assert.equal(results.length, decoded.results.length);
  results.forEach(({ id, ...fields }, index) => {
    const { record_id, ...expected } = decoded.results[index]!;
    assertId(id, record_id);
    assert.deepEqual(fields, expected);
  });
}

interface DecodedAck {
  record_id: DecodedId | null;
  status: number;
  error: string;
  code: string;
}

function assertReceiveResponse(bytes: Buffer): void {
  const { success, error, acks } = readReceiveRecordsResponse(bytes);
  const decoded = decode<{ success: boolean; error: string; record_acks: DecodedAck[] }>(
    'conveyor.sidecar.ReceiveRecordsResponse',
    bytes,
  );
  assert.deepEqual({ success, error }, { success: decoded.success, error: decoded.error });
  assert.equal(acks.length, decoded.record_acks.length);
  acks.forEach(({ id, ...fields }, index) => {
    const { record_id, status, ...expected } = decoded.record_acks[index]!;
    assertId(id, record_id);
    assert.deepEqual(fields, { status: ACK_STATUS[status] ?? 'unspecified', ...expected });
  });
}

const KINDS = [
  { name: 'PushRecordsRequest', messages: fc.oneof(pushBatch, pushInit, pushHeartbeat), agree: assertPush },
  { name: 'ReceiveRecordsRequest', messages: receiveRequest, agree: assertReceive },
  { name: 'ProcessBatchResponse', messages: processResponse, agree: assertProcessResponse },
  { name: 'WriteBatchResponse', messages: writeResponse, agree: assertWriteResponse },
  { name: 'ReceiveRecordsResponse', messages: receiveResponse, agree: assertReceiveResponse },
];
const READERS: ((bytes: Uint8Array) => unknown)[] = [
  readPushRecordsRequest,
  readReceiveRecordsRequest,
  readProcessBatchResponse,
  readWriteBatchResponse,
  readReceiveRecordsResponse,
];

/** The bytes in the midst of others, which must not show. */
function surrounded(bytes: Uint8Array, filler: number): Uint8Array {
  const buffer = new Uint8Array(bytes.length + 64).fill(filler);
  buffer.set(bytes, 32);
  return buffer.subarray(32, 32 + bytes.length);
}

/** Reads it with every reader: a value with its ranges inside the bytes, or MALFORMED, whatever stands around. */
function assertTame(bytes: Uint8Array): void {
  for (const read of READERS) {
    const [plain, other] = [surrounded(bytes, 0x00), surrounded(bytes, 0xff)].map((view) =>
      outcome(read, view),
    );
    assert.equal(plain, other);
  }
}

function outcome(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): string {
  try {
    return JSON.stringify(read(bytes), (key, value: unknown) => {
      if (key === 'bytes') return undefined;
      if (/start|end$/i.test(key)) assert.ok(Number(value) >= 0 && Number(value) <= bytes.length);
      return value;
    });
  } catch (error) {
    assert.ok(error instanceof ConveyorError, String(error));
    assert.equal(error.code, 'MALFORMED');
    assert.match(error.message, / at byte \d+ of \w+$/);
    return error.message;
  }
}

describe('the wire readers', () => {
  for (const { name, messages, agree } of KINDS) {
    it(`find in a ${name} what protobufjs finds`, () => {
      fc.assert(fc.property(messages, agree));
    });

    it(`give a value or MALFORMED for a ${name} that is cut anywhere`, () => {
      const whole = fc.tuple(messages, fc.nat());
      fc.assert(
        fc.property(whole, ([bytes, cut]) => assertTame(bytes.subarray(0, cut % (bytes.length + 1)))),
      );
    });

    it(`give a value or MALFORMED for a ${name} with changed bytes`, () => {
      const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
      fc.assert(
        fc.property(messages, changes, (bytes, list) => {
          for (const [at, value] of list) if (bytes.length > 0) bytes[at % bytes.length] = value;
          assertTame(bytes);
        }),
      );
    });
  }

  it('find the same ids whatever they are told to expect', () => {
    const answers = fc.oneof(
      processResponse.map((bytes) => (sent?: Sent) => readProcessBatchResponse(bytes, sent).results),
      writeResponse.map((bytes) => (sent?: Sent) => readWriteBatchResponse(bytes, sent).results),
      receiveResponse.map((bytes) => (sent?: Sent) => readReceiveRecordsResponse(bytes, sent).acks),
    );
    const found = (of: Sent): object[] => of.map(({ id }) => ({ ...idFields(id), bytes: id && content(id) }));
    fc.assert(
      fc.property(answers, fc.nat({ max: 3 }), (read, shift) => {
        const ids = read().map(({ id }) => ({ id }));
        const shifted = [...ids.slice(shift), ...ids.slice(0, shift)];
        assert.deepEqual(found(read(shifted)), found(ids));
      }),
    );
    fc.assert(
      fc.property(processResponse, (bytes) => {
        const { results } = readProcessBatchResponse(bytes);
        const again = readProcessBatchResponse(bytes, results).results;
        assert.deepEqual(
          again.map(({ outputs }) => found(outputs)),
          results.map(({ outputs }) => found(outputs)),
        );
      }),
    );
  });

  it('give a value or MALFORMED for garbage', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), assertTame), { numRuns: 1000 });
  });

  it('refuse a message that is cut inside a field', () => {
    const cuts = fc.tuple(pushBatch, fc.nat());
    fc.assert(
      fc.property(cuts, ([bytes, cut]) => {
        const field = bytes.subarray(0, cut % bytes.length);
        const whole = outcome(readPushRecordsRequest, bytes);
        // between two fields a message may end; within one it may not
        if (fieldBounds(bytes).has(field.length)) return;
        assert.match(outcome(readPushRecordsRequest, field), / at byte /);
        assert.doesNotMatch(whole, / at byte /);
      }),
    );
  });

  it('refuse two members of the oneof and join repeated fields across a concatenation', () => {
    const member = fc.oneof(pushBatch, pushInit, pushHeartbeat);
    fc.assert(
      fc.property(member, member, (first, second) => {
        assert.throws(() => readPushRecordsRequest(Buffer.concat([first, second])), { code: 'MALFORMED' });
      }),
    );
    fc.assert(
      fc.property(processResponse, processResponse, (first, second) =>
        assertProcessResponse(Buffer.concat([first, second])),
      ),
    );
  });
});

/** The offsets at which a top-level field of a valid message ends, found by protobufjs. */
function fieldBounds(bytes: Buffer): Set<number> {
  const reader = protobuf.Reader.create(bytes);
  const bounds = new Set([0]);
  while (reader.pos < reader.len) {
    reader.skipType(reader.uint32() & 7);
    bounds.add(reader.pos);
  }
  return bounds;
}

const names = fc.string({ unit: 'binary', maxLength: 8 });
const inARow = fc.nat({ max: 12 }).map((count) => Array.from({ length: count }, (_, index) => index));
/** Records of two messages, in any order and number, as a merge or a split would have them. */
const calls = fc
  .record({
    first: pushBatch,
    second: pushBatch,
    picks: fc.oneof(fc.array(fc.nat(), { maxLength: 12 }), inARow),
    batchId: names,
    name: names,
  })
  .map(({ first, second, picks, batchId, name }) => {
    const batches = [batchOf(first), batchOf(second)];
    const all = batches.flatMap((batch) => batch.records);
    const records = all.length > 0 ? picks.map((pick) => all[pick % all.length]!) : [];
    return { batchId, name, records, watermark: batches[0]?.watermark };
  });

function assertCopied(raw: RawBatch, call: BatchOutline): void {
  assert.equal(raw.batch_id, call.batchId);
  assert.deepEqual(
    raw.records.map((bytes) => Buffer.from(bytes)),
    call.records.map(content),
  );
  assert.deepEqual(Buffer.from(raw.watermark), call.watermark ? content(call.watermark) : Buffer.alloc(0));
}

describe('the wire writers', () => {
  it('write a ProcessBatchRequest that protobufjs reads, with the records byte for byte', () => {
    const config = fc.dictionary(fc.stringMatching(/^[a-z]{0,5}$/), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(calls, config, (call, entries) => {
        const bytes = writeProcessBatchRequest({
          ...call,
          transformId: call.name,
          config: encodeConfig(entries),
        }).toBuffer();
        const decoded = decode<{ transform_id: string; transform_config: object }>(
          'conveyor.transform.ProcessBatchRequest',
          bytes,
        );
        assert.equal(decoded.transform_id, call.name);
        assert.deepEqual({ ...decoded.transform_config }, { ...entries });
        assertCopied(decode<{ input_batch: RawBatch }>('raw.Process', bytes).input_batch, call);
      }),
    );
  });

  it('write a WriteBatchRequest that protobufjs reads, with the records byte for byte', () => {
    fc.assert(
      fc.property(calls, fc.nat({ max: 0xffff_ffff }), (call, timeoutMs) => {
        const bytes = writeWriteBatchRequest({ ...call, sinkId: call.name, timeoutMs }).toBuffer();
        const decoded = decode<{ sink_id: string; options: object }>(
          'conveyor.sink.WriteBatchRequest',
          bytes,
        );
        assert.equal(decoded.sink_id, call.name);
        assert.deepEqual(decoded.options, { require_ack: true, timeout_ms: timeoutMs, guarantee: 1 });
        assertCopied(decode<{ batch: RawBatch }>('raw.Write', bytes).batch, call);
      }),
    );
  });

  it('write a ReceiveRecordsRequest that protobufjs and our reader read alike', () => {
    fc.assert(
      fc.property(calls, names, (call, stageId) => {
        const target = { pipelineId: call.name, stageId, sourceSidecarId: 'sidecar' };
        const bytes = writeReceiveRecordsRequest({ ...call, ...target }).toBuffer();
        assertReceive(bytes);
        assertCopied(decode<{ batch: RawBatch }>('raw.Receive', bytes).batch, call);
        const { batch, ...read } = readReceiveRecordsRequest(bytes);
        assert.deepEqual(read, target);
        assert.deepEqual(batch.records.map(content), call.records.map(content));
        assert.deepEqual(batch.records.map(recordBytes), call.records.map(recordBytes));
      }),
    );
  });

  const status = fc.constantFrom('success', 'failed', 'retry');
  const acks = fc
    .tuple(pushBatch, fc.array(fc.record({ status, error: names, code: names }), { minLength: 1 }))
    .map(([bytes, kinds]): BatchAcks => {
      const { records } = batchOf(bytes);
      const exceptions = new Map<number, AckException>();
      records.forEach((_, index) => {
        const { status: kind, ...reason } = kinds[index % kinds.length]!;
        if (kind !== 'success') exceptions.set(index, { status: kind, ...reason });
      });
      return { records, exceptions };
    });
  const SUCCESS = { status: 'success', error: '', code: '' };
  const fieldsOf = ({ records, exceptions }: BatchAcks): object[] =>
    records.map((_, index) => exceptions.get(index) ?? SUCCESS);

  function assertAcks(decoded: DecodedAck[], success: boolean, written: BatchAcks): void {
    assert.equal(success, written.exceptions.size === 0);
    assert.deepEqual(
      decoded.map(({ status, error, code }) => ({ status: ACK_STATUS[status], error, code })),
      fieldsOf(written),
    );
    written.records.forEach(({ id }, index) => assertId(id, decoded[index]!.record_id));
  }

  it('write a PushAck with the ids byte for byte', () => {
    fc.assert(
      fc.property(acks, names, (written, batchId) => {
        const bytes = writePushAck(batchId, written);
        const { ack } = decode<{ ack: { batch_id: string; success: boolean; record_acks: DecodedAck[] } }>(
          'conveyor.sidecar.PushRecordsResponse',
          bytes,
        );
        assert.equal(ack.batch_id, batchId);
        assertAcks(ack.record_acks, ack.success, written);
        const raw = decode<{ ack: { record_acks: { record_id: Uint8Array }[] } }>('raw.Push', bytes);
        assert.deepEqual(
          raw.ack.record_acks.map(({ record_id }) => Buffer.from(record_id)),
          written.records.map(({ id }) => (id ? content(id) : Buffer.alloc(0))),
        );
      }),
    );
  });

  it('write a ReceiveRecordsResponse that protobufjs and our reader read alike', () => {
    fc.assert(
      fc.property(acks, names, (written, error) => {
        const bytes = writeReceiveRecordsResponse(written, error);
        assertReceiveResponse(bytes);
        const read = readReceiveRecordsResponse(bytes);
        assert.equal(read.error, error);
        assert.deepEqual(
          read.acks.map(({ id, ...fields }) => ({ id: id && content(id), ...fields })),
          written.records.map(({ id }, index) => ({ id: id && content(id), ...fieldsOf(written)[index] })),
        );
      }),
    );
  });
});
