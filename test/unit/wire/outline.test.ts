import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RecordIdOutline } from '../../../src/sidecar/wire/outline.ts';
import { readRecordType } from '../../../src/sidecar/wire/batch.ts';
import { idHash, idKey, laneKey, sameId, sameLane } from '../../../src/sidecar/wire/outline.ts';
import { readPushRecordsRequest } from '../../../src/sidecar/wire/requests.ts';

/** The id with these bytes of source_id, as it is found in a batch. */
function idOf(source: Uint8Array | string, partition = 0, sequence = 0): RecordIdOutline {
  const sourceId = Buffer.from(source as string);
  const id = [0x0a, sourceId.length, ...sourceId, 0x10, partition, 0x18, sequence];
  const record = [0x0a, id.length, ...id];
  const batch = [0x12, record.length, ...record];
  const request = readPushRecordsRequest(Buffer.from([0x12, batch.length, ...batch]));
  assert.ok(request.kind === 'batch');
  const found = request.batch.records[0]?.id;
  assert.ok(found);
  return found;
}

describe('records are told apart by source_id, partition and sequence_number', () => {
  const ids = [
    idOf('a', 1, 1),
    idOf('a', 1, 2),
    idOf('a', 2, 1),
    idOf('b', 1, 1),
    idOf('ab', 1, 1),
    idOf('', 1, 1),
    idOf('1:a', 1, 1),
    idOf(Buffer.from([0xff]), 1, 1),
    idOf(Buffer.from([0xfe]), 1, 1),
  ];

  it('each is itself, and no other', () => {
    for (const [at, id] of ids.entries()) {
      for (const [other, otherId] of ids.entries()) {
        assert.equal(sameId(id, otherId), at === other);
        assert.equal(idKey(id) === idKey(otherId), at === other);
        assert.equal(idHash(id) === idHash(otherId), at === other);
        assert.equal(laneKey(id) === laneKey(otherId), sameLane(id, otherId));
      }
    }
  });

  it('the same id in another message is the same', () => {
    assert.ok(sameId(idOf('orders', 3, 7), idOf('orders', 3, 7)));
    assert.equal(idKey(idOf('orders', 3, 7)), idKey(idOf('orders', 3, 7)));
    assert.equal(idHash(idOf('orders', 3, 7)), idHash(idOf('orders', 3, 7)));
  });

  it('one lane has all sequence numbers of a source_id and partition', () => {
    assert.ok(sameLane(idOf('a', 1, 1), idOf('a', 1, 2)));
    assert.ok(!sameLane(idOf('a', 1, 1), idOf('a', 2, 1)));
  });
});

it('a record type that is not UTF-8 is one that no stage lists', () => {
  const request = readPushRecordsRequest(Buffer.from([0x12, 5, 0x12, 3, 0x12, 1, 0xff]));
  assert.ok(request.kind === 'batch');
  assert.deepEqual(request.batch.records.map(readRecordType), ['\uFFFD']);
});
