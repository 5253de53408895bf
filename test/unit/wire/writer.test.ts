import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Encoding } from '../../../src/sidecar/wire/encoder.ts';
import {
  encodeConfig,
  writeBackpressure,
  writeCredits,
  writePushAck,
  writeReceiveRecordsResponse,
  writeWriteBatchRequest,
} from '../../../src/sidecar/wire/writer.ts';
import { decode } from '../../property/wire-messages.ts';

const response = (bytes: Buffer): Record<string, unknown> =>
  decode('conveyor.sidecar.PushRecordsResponse', bytes);

describe('what the source of a stream is told', () => {
  it('to pause, for how long and why; and to go on', () => {
    const order = { pause: true, waitMs: 250, reason: 'budget exhausted' };
    assert.deepEqual(response(writeBackpressure(order)), {
      backpressure: { pause: true, wait_ms: 250, reason: 'budget exhausted' },
    });
    assert.deepEqual(response(writeBackpressure({ pause: false, waitMs: 0, reason: '' })), {
      backpressure: { pause: false, wait_ms: 0, reason: '' },
    });
  });

  it('how many credits it gets, beyond 32 bits too', () => {
    for (const granted of [0, 1, 127, 128, 2 ** 31, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER]) {
      assert.deepEqual(response(writeCredits(granted)), { credits: { granted: String(granted) } });
    }
  });

  it('that an empty batch was taken', () => {
    assert.deepEqual(response(writePushAck('b', { records: [], exceptions: new Map() })), {
      ack: { batch_id: 'b', success: true, record_acks: [] },
    });
  });

  it('that a batch did not succeed when one record of it did not', () => {
    const record = { bytes: Buffer.alloc(0), start: 0, end: 0, id: undefined };
    const draining = { status: 'retry' as const, code: 'DRAINING', error: 'sidecar is draining' };
    const acks = { records: [record, record], exceptions: new Map([[1, draining]]) };
    assert.deepEqual(response(writePushAck('', acks)), {
      ack: {
        batch_id: '',
        success: false,
        record_acks: [
          { record_id: null, status: 1, error: '', code: '' },
          { record_id: null, status: 3, error: 'sidecar is draining', code: 'DRAINING' },
        ],
      },
    });
  });
});

it('another sidecar is told success when every record succeeded', () => {
  const bytes = writeReceiveRecordsResponse({ records: [], exceptions: new Map() });
  assert.deepEqual(decode('conveyor.sidecar.ReceiveRecordsResponse', bytes), {
    success: true,
    error: '',
    record_acks: [],
  });
});

it('a time that no uint32 holds is cut to what one holds', () => {
  const call = { sinkId: 's', batchId: 'b', records: [], watermark: undefined };
  const timeouts = [-1, 0.5, 99.9, 2 ** 33, Infinity].map((timeoutMs) => {
    const bytes = writeWriteBatchRequest({ ...call, timeoutMs }).toBuffer();
    return decode<{ options: { timeout_ms: number } }>('conveyor.sink.WriteBatchRequest', bytes).options
      .timeout_ms;
  });
  assert.deepEqual(timeouts, [0, 0, 99, 0xffff_ffff, 0xffff_ffff]);
});

it('no config is no bytes', () => assert.equal(encodeConfig({}).length, 0));

it('a buffer that was not filled never leaves', () => {
  const short = new Encoding(3, (encoder) => encoder.uint(1, 1));
  assert.throws(() => short.toBuffer(), { code: 'INTERNAL' });
});
