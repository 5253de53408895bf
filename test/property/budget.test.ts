import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type Admission,
  ByteBudget,
  type Held,
  type Wait,
} from '../../src/sidecar/data-plane/byte-budget.ts';

const TOTAL = 1_000;
const admission = fc.record({ pipeline: fc.constantFrom('a', 'b', 'c'), hops: fc.nat(3) });
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('ask'), admission, bytes: fc.integer({ min: 1, max: 250 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('release'), at: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('abandon'), at: fc.nat(20) }) },
);

/** A sender whose message is read as soon as it is let in. */
class Model {
  readonly budget = new ByteBudget(TOTAL);
  readonly held: { admission: Admission; bytes: number; held: Held }[] = [];
  readonly waiting = new Set<{ wait: Wait; admission: Admission }>();
  most = 0;

  ask(admission: Admission, bytes: number): void {
    const wait = this.budget.admit(admission);
    if (wait === undefined) {
      this.#read(admission, bytes);
      return;
    }
    const waiter = { wait, admission };
    this.waiting.add(waiter);
    void wait.admitted.then(() => {
      this.waiting.delete(waiter);
      this.#read(admission, bytes);
    });
  }

  #read(admission: Admission, bytes: number): void {
    this.held.push({ admission, bytes, held: this.budget.hold(admission, bytes) });
    this.most = Math.max(this.most, this.budget.usedBytes);
  }

  release(at: number): void {
    const [one] = this.held.splice(at % Math.max(1, this.held.length), 1);
    one?.held.release();
  }

  abandon(at: number): void {
    const waiter = [...this.waiting][at % Math.max(1, this.waiting.size)];
    if (waiter === undefined) return;
    this.waiting.delete(waiter);
    waiter.wait.abandon();
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the byte budget', () => {
  it('counts what is held, and lets everybody in sooner or later', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const model = new Model();
        for (const each of steps) {
          if (each.kind === 'ask') model.ask(each.admission, each.bytes);
          else if (each.kind === 'release') model.release(each.at);
          else model.abandon(each.at);
          await Promise.resolve();
          assert.equal(
            model.budget.usedBytes,
            model.held.reduce((sum, { bytes }) => sum + bytes, 0),
          );
          assert.equal(model.budget.waiting, model.waiting.size);
        }
        for (let round = 0; model.held.length > 0 || model.waiting.size > 0; round++) {
          assert.ok(
            model.held.length > 0,
            `${model.waiting.size} wait, and nothing is held that would let them in`,
          );
          model.release(0);
          await settled();
        }
        assert.equal(model.budget.usedBytes, 0);
      }),
      { numRuns: 300 },
    );
  });

  it('lets what has come further in while what has come less far waits', () => {
    const budget = new ByteBudget(TOTAL);
    const fill = (hops: number): number => {
      const many = [0, 1, 2, 3].map((i) => ({ pipeline: `p${i}`, hops }));
      for (let more = many; more.length > 0; more = many.filter((each) => budget.admit(each) === undefined))
        for (const each of more) budget.hold(each, 1);
      return budget.usedBytes / TOTAL;
    };
    for (const [hops, share] of [0.5, 0.75, 0.875].entries()) {
      const filled = fill(hops);
      // dynamic thresholds leave a rest free for whoever comes
      assert.ok(filled <= share + 0.004 && filled > share * 0.9, `${hops} hops fill ${filled}`);
    }
    assert.equal(
      budget.admit({ pipeline: 'x', hops: 31 }),
      undefined,
      'one of each hop count, however full it is',
    );
  });

  it('never lets the filling of one pipeline keep another out', () => {
    const budget = new ByteBudget(TOTAL);
    let steps = 0;
    while (budget.admit({ pipeline: 'slow', hops: 0 }) === undefined && steps++ < 1_000)
      budget.hold({ pipeline: 'slow', hops: 0 }, 250);
    assert.equal(budget.admit({ pipeline: 'other', hops: 0 }), undefined);
    // what its transforms made of it, say
    budget.hold({ pipeline: 'slow', hops: 0 }, TOTAL);
    assert.notEqual(budget.admit({ pipeline: 'slow', hops: 0 }), undefined);
    assert.equal(budget.admit({ pipeline: 'other', hops: 0 }), undefined);
  });

  it('keeps the bytes until the last user of them has let go', () => {
    const budget = new ByteBudget(TOTAL);
    const held = budget.hold({ pipeline: 'a', hops: 0 }, 100);
    held.retain();
    held.release();
    assert.equal(budget.usedBytes, 100);
    held.release();
    assert.equal(budget.usedBytes, 0);
  });

  it('lets no crowd in at once on the place of one', async () => {
    const budget = new ByteBudget(TOTAL);
    const far = budget.hold({ pipeline: 'far', hops: 3 }, 900);
    const near = budget.hold({ pipeline: 'a', hops: 0 }, 100);
    let admitted = 0;
    for (let i = 0; i < 50; i++)
      void budget.admit({ pipeline: 'a', hops: 0 })?.admitted.then(() => admitted++);
    near.release();
    await settled();
    assert.deepEqual([admitted], [1], 'the budget is full but for the one message of this hop count');
    far.release();
    await settled();
    assert.notEqual(admitted, 1);
  });
});
