import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_ELEMENTS, WireReader } from '../../../src/sidecar/wire/reader.ts';
import { readPushRecordsRequest, readReceiveRecordsRequest } from '../../../src/sidecar/wire/requests.ts';
import {
  readProcessBatchResponse,
  readReceiveRecordsResponse,
  readWriteBatchResponse,
} from '../../../src/sidecar/wire/responses.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

function refuses(read: (bytes: Uint8Array) => unknown, bytes: string, message: string): void {
  assert.throws(() => read(hex(bytes)), { name: 'ConveyorError', code: 'MALFORMED', message });
}

describe('a malformed message is refused with what is wrong and where', () => {
  const cases: [name: string, bytes: string, message: string][] = [
    ['a varint that is cut', '12 80', 'truncated varint at byte 1'],
    ['a varint of eleven bytes', 'a0 06 80 80 80 80 80 80 80 80 80 80 01', 'varint over ten bytes at byte 2'],
    ['a length past the end of the message', '12 05 0a', 'length past the end at byte 1'],
    ['a length past the end of its parent', '12 04 12 05 0a 03 00 00 00', 'length past the end at byte 3'],
    ['a length of 2^32', '12 80 80 80 80 10', 'length past the end at byte 1'],
    ['field number 0', '02 00', 'invalid field number at byte 0'],
    ['a field number above 2^29', '80 80 80 80 10 00', 'invalid field number at byte 0'],
    ['a group', 'a3 06 a4 06', 'unsupported wire type 3 at byte 0'],
    ['the end of a group', 'a4 06', 'unsupported wire type 4 at byte 0'],
    ['wire type 6', 'a6 06', 'unsupported wire type 6 at byte 0'],
    ['wire type 7', 'a7 06', 'unsupported wire type 7 at byte 0'],
    ['a fixed64 that is cut', 'a1 06 00 00 00', 'truncated field at byte 2'],
    ['a fixed32 that is cut', 'a5 06 00 00 00', 'truncated field at byte 2'],
    ['a batch that is a varint', '10 01', 'wire type 0 instead of 2 for field 2 at byte 0'],
    [
      'a partition that is a string',
      '12 06 12 04 0a 02 12 00',
      'wire type 2 instead of 0 for field 2 at byte 6',
    ],
    ['a payload that is a varint', '12 04 12 02 20 01', 'wire type 0 instead of 2 for field 4 at byte 4'],
    ['a batch_id that is not UTF-8', '12 04 0a 02 c3 28', 'invalid UTF-8 at byte 2'],
    ['a record with two ids', '12 06 12 04 0a 00 0a 00', 'second record id at byte 6'],
    ['a batch with two watermarks', '12 04 1a 00 1a 00', 'second watermark at byte 4'],
    ['two batches', '12 00 12 00', 'second member of the oneof at byte 2'],
    ['an init and a heartbeat', '0a 00 1a 00', 'second member of the oneof at byte 2'],
  ];
  for (const [name, bytes, message] of cases) {
    it(name, () => refuses(readPushRecordsRequest, bytes, `${message} of PushRecordsRequest`));
  }

  it('two batches of another sidecar', () =>
    refuses(readReceiveRecordsRequest, '22 00 22 00', 'second batch at byte 2 of ReceiveRecordsRequest'));

  it('an answer with two ids for one record', () => {
    refuses(
      readProcessBatchResponse,
      '12 04 0a 00 0a 00',
      'second record id at byte 4 of ProcessBatchResponse',
    );
    refuses(readWriteBatchResponse, '1a 04 0a 00 0a 00', 'second record id at byte 4 of WriteBatchResponse');
    refuses(
      readReceiveRecordsResponse,
      '1a 04 0a 00 0a 00',
      'second record id at byte 4 of ReceiveRecordsResponse',
    );
  });
});

describe('a sound message is read', () => {
  it('when it is empty', () => {
    const empty = new Uint8Array();
    assert.deepEqual(readPushRecordsRequest(empty), { kind: 'none' });
    assert.deepEqual(readReceiveRecordsRequest(empty).batch, {
      batchId: '',
      records: [],
      watermark: undefined,
    });
    assert.deepEqual(readProcessBatchResponse(empty), { results: [] });
    assert.deepEqual(readWriteBatchResponse(empty), { status: 'unspecified', results: [] });
    assert.deepEqual(readReceiveRecordsResponse(empty), { success: false, error: '', acks: [] });
  });

  it('when it has only members that we do not know', () =>
    assert.deepEqual(readPushRecordsRequest(hex('a0 06 01')), { kind: 'none' }));

  it('with a heartbeat of a newer version', () =>
    assert.deepEqual(readPushRecordsRequest(hex('1a 02 08 01')), { kind: 'heartbeat' }));

  it('with U+FFFD in a string, which is valid UTF-8', () => {
    const request = readPushRecordsRequest(hex('0a 05 0a 03 ef bf bd'));
    assert.deepEqual(request, { kind: 'init', sourceId: '\uFFFD', pipelineId: '' });
  });

  it('with a status that is unknown or negative as unspecified', () => {
    assert.equal(readWriteBatchResponse(hex('10 09')).status, 'unspecified');
    assert.equal(readWriteBatchResponse(hex('10 ff ff ff ff ff ff ff ff ff 01')).status, 'unspecified');
  });

  it('telling a record without id from one whose id is empty', () => {
    const request = readPushRecordsRequest(hex('12 06 12 00 12 02 0a 00'));
    assert.ok(request.kind === 'batch');
    assert.deepEqual(
      request.batch.records.map(({ id }) => id?.partition),
      [undefined, 0],
    );
  });

  it('from a plain Uint8Array, without copying it', () => {
    const bytes = new Uint8Array(hex('ff 12 02 12 00 ff')).subarray(1, 5);
    const request = readPushRecordsRequest(bytes);
    assert.ok(request.kind === 'batch');
    assert.equal(request.batch.records[0]?.bytes.buffer, bytes.buffer);
  });

  it('with a bool whose only set bit is above the 32nd', () => {
    const reader = new WireReader(hex('08 80 80 80 80 10'), 'Test');
    assert.ok(reader.next());
    assert.equal(reader.bool(), true);
  });
});

it('a message of countless empty records does not fill the heap', () => {
  const records = Buffer.alloc(2 * (MAX_ELEMENTS + 1), hex('12 00'));
  const length = hex('82 80 20'); // 2 * (MAX_ELEMENTS + 1)
  assert.throws(() => readPushRecordsRequest(Buffer.concat([hex('12'), length, records])), {
    code: 'TOO_LARGE',
    message: /^more than 262144 elements at byte \d+ of PushRecordsRequest$/,
  });
});
