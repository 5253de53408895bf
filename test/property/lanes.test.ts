import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type LaneCall, LaneQueue } from '../../src/sidecar/data-plane/flow/lanes.ts';
import type { Parcel, Part } from '../../src/sidecar/data-plane/flow/run.ts';
import type { CallLimits } from '../../src/sidecar/routing/call.ts';
import { idKey, recordBytes } from '../../src/sidecar/wire/outline.ts';
import { outlines } from '../support/outlines.ts';

/** What the queue looks at of a parcel. */
interface Spec {
  /** Partition and payload size of each record. */
  readonly records: readonly { partition: number; bytes: number; sequence: number }[];
  readonly watermark: boolean;
  /** A transform gave the records ids of its own. */
  readonly renamed: boolean;
}

const ENVELOPE = 1_024;
const spec = fc.record({
  records: fc.array(
    fc.record({
      partition: fc.nat(2),
      bytes: fc.oneof({ weight: 9, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.constant(2_000) }),
      // a small range: ids repeat within a batch and across batches
      sequence: fc.nat(30),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  watermark: fc.boolean(),
  renamed: fc.boolean(),
});
const limits = fc
  .record({ maxRecords: fc.integer({ min: 1, max: 8 }), stated: fc.boolean(), roomy: fc.boolean() })
  .map(({ maxRecords, stated, roomy }): CallLimits => {
    return { maxRecords, stated, maxBytes: ENVELOPE + (roomy ? 10_000 : 120), recordTypes: new Set() };
  });
const step = fc.oneof(
  { weight: 4, arbitrary: spec.map((added) => ({ kind: 'add', added }) as const) },
  { weight: 4, arbitrary: limits.map((taken) => ({ kind: 'take', taken }) as const) },
  { weight: 3, arbitrary: fc.nat(20).map((at) => ({ kind: 'release', at }) as const) },
  { weight: 1, arbitrary: fc.nat(20).map((at) => ({ kind: 'remove', at }) as const) },
);

function parcelOf({ records, watermark, renamed }: Spec, ordered: boolean): Parcel {
  const lanes = ordered ? [...new Set(records.map(({ partition }) => `${partition}:src`))] : [];
  const parcel: unknown = {
    run: { lanes },
    records: outlines(renamed ? records.map((record) => ({ ...record, partition: 9 })) : records),
    inLanes: ordered && !renamed,
    watermark: watermark ? { bytes: Buffer.alloc(0), start: 0, end: 0 } : undefined,
    taken: 0,
    settled: 0,
    firstIn: 0,
    readyAt: 0,
    queuedAt: 0,
  };
  return parcel as Parcel;
}

/** What must hold of the queue, kept beside it the slow and obvious way. */
class Model {
  readonly queue = new LaneQueue();
  readonly waiting: Parcel[] = [];
  readonly calls: LaneCall[] = [];
  readonly order = new Map<string, Parcel[]>();
  readonly taken = new Map<Parcel, number>();

  add(parcel: Parcel): void {
    this.queue.add(parcel, 0);
    this.waiting.push(parcel);
    this.taken.set(parcel, 0);
  }

  take(limits: CallLimits): void {
    const free = this.waiting.some((parcel) => this.#mayGo(parcel));
    assert.equal(this.queue.hasReady, free, 'what could go is ready, and nothing else');
    const call = this.queue.take(limits, 0);
    assert.equal(call !== undefined, free);
    if (call === undefined) return;
    this.#check(call, limits);
    this.calls.push(call);
  }

  /** No call holds a lane of it, and nothing stands before it in one. */
  #mayGo(parcel: Parcel): boolean {
    const held = new Set(this.calls.flatMap(({ lanes }) => [...lanes]));
    const before = this.waiting.slice(0, this.waiting.indexOf(parcel));
    return parcel.run.lanes.every(
      (lane) => !held.has(lane) && before.every(({ run }) => !run.lanes.includes(lane)),
    );
  }

  #check({ parts, lanes }: LaneCall, { maxRecords, stated, maxBytes }: CallLimits): void {
    const records = parts.flatMap(({ parcel, from, to }) => parcel.records.slice(from, to));
    assert.ok(parts.length > 0 && parts.every(({ from, to }) => to > from), 'no empty part');
    if (stated || parts.length > 1) assert.ok(records.length <= maxRecords, 'within max_batch_size');
    const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0);
    assert.ok(records.length === 1 || bytes <= maxBytes - ENVELOPE, 'within the message limit');
    for (const other of this.calls)
      for (const lane of lanes) assert.ok(!other.lanes.has(lane), `two calls in flight in lane ${lane}`);
    for (const [index, part] of parts.entries()) this.#checkPart(parts, index, part);
    const ids = parts.map(
      ({ parcel, from, to }) => new Set(parcel.records.slice(from, to).map((r) => idKey(r.id!))),
    );
    for (const [i, a] of ids.entries())
      for (const b of ids.slice(i + 1)) assert.ok(a.isDisjointFrom(b), 'batches that share an id are merged');
  }

  #checkPart(parts: readonly Part[], index: number, { parcel, from, to }: Part): void {
    assert.equal(from, this.taken.get(parcel), 'nothing left out, nothing twice');
    this.taken.set(parcel, to);
    const before = this.waiting.slice(0, this.waiting.indexOf(parcel));
    assert.ok(this.waiting.includes(parcel), 'what was removed is not called');
    for (const earlier of before)
      assert.ok(
        !earlier.run.lanes.some((lane) => parcel.run.lanes.includes(lane)),
        'an earlier one of the lane still waits',
      );
    const last = index === parts.length - 1;
    const whole = to === parcel.records.length;
    if (!last)
      assert.ok(whole && parcel.watermark === undefined, 'only a whole batch without watermark is followed');
    if (index > 0) assert.ok(from === 0 && whole, 'only whole batches join a call');
    if (whole) this.waiting.splice(this.waiting.indexOf(parcel), 1);
  }

  release(at: number): void {
    const [call] = this.calls.splice(at % Math.max(1, this.calls.length), 1);
    if (call !== undefined) this.queue.release(call, 0);
  }

  remove(at: number): void {
    const [parcel] = this.waiting.splice(at % Math.max(1, this.waiting.length), 1);
    if (parcel !== undefined) this.queue.remove(parcel, 0);
  }

  /** All calls end, and all that waits is taken. */
  drain(): void {
    const limits = { maxRecords: 3, stated: true, maxBytes: 10_000, recordTypes: new Set<string>() };
    while (this.calls.length > 0 || this.waiting.length > 0) {
      const before = this.calls.length + this.waiting.length;
      while (this.queue.hasReady) this.take(limits);
      assert.ok(this.calls.length > 0, `${before} stand still: nothing is ready and no call is in flight`);
      while (this.calls.length > 0) this.release(0);
    }
    assert.equal(this.queue.records, 0);
    assert.equal(this.queue.hasReady, false);
  }
}

describe('the lanes of a stage', () => {
  for (const ordered of [true, false]) {
    it(`keep their promises whatever comes, goes and is given up, ${ordered ? 'by partition' : 'without order'}`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
          const model = new Model();
          for (const each of steps) {
            if (each.kind === 'add') model.add(parcelOf(each.added, ordered));
            else if (each.kind === 'take') model.take(each.taken);
            else if (each.kind === 'release') model.release(each.at);
            else model.remove(each.at);
            const left = model.waiting.reduce(
              (sum, p) => sum + p.records.length - (model.taken.get(p) ?? 0),
              0,
            );
            assert.equal(model.queue.records, left, 'records that wait');
          }
          model.drain();
        }),
        { numRuns: 1_500 },
      );
    });
  }

  it('merge what waits in a lane once it is free: one call for many batches', () => {
    const model = new Model();
    const wide = { maxRecords: 1_000, stated: false, maxBytes: 1 << 20, recordTypes: new Set<string>() };
    const one = (sequence: number): Spec => ({
      records: [{ partition: 0, bytes: 8, sequence }],
      watermark: false,
      renamed: false,
    });
    model.add(parcelOf(one(0), true));
    model.take(wide);
    for (let i = 1; i <= 16; i++) model.add(parcelOf(one(i), true));
    assert.equal(model.queue.hasReady, false);
    model.release(0);
    model.take(wide);
    assert.equal(model.calls[0]?.parts.length, 16);
    model.drain();
  });
});
