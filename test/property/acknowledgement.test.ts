import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Acknowledgement, FATE, type Fate } from '../../src/sidecar/data-plane/acknowledgement.ts';
import type { RecordAckEntry } from '../../src/sidecar/wire/writer.ts';
import { outlines } from '../support/outlines.ts';

/** What becomes of one copy of a record: an end, or several copies more. */
type Tree = Fate | readonly Tree[];

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom(FATE.success, FATE.failed, FATE.retry),
    fc.array(tie('tree'), { minLength: 1, maxLength: 4 }),
  ),
}));

const worstOf = (of: Tree): Fate =>
  typeof of === 'number' ? of : (Math.max(...of.map((each) => worstOf(each))) as Fate);
const STATUS = ['success', 'failed', 'retry'];

describe('the acknowledgement of a batch', () => {
  it('comes once, when the last copy of the last record is decided, with the worst fate of each', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(tree, { minLength: 2, maxLength: 2 }), { minLength: 1, maxLength: 5 }),
        fc.infiniteStream(fc.nat()),
        (trees, random) => {
          const answers: RecordAckEntry[][] = [];
          const records = outlines(trees.map((_, sequence) => ({ sequence })));
          const acknowledgement = new Acknowledgement(records, 2, (acks) => answers.push(acks));
          const open = trees.flatMap((copies, index) => copies.map((of) => ({ index, of })));
          while (open.length > 0) {
            assert.equal(acknowledgement.done, false, 'nothing is acknowledged early');
            assert.equal(acknowledgement.inFlight, open.length);
            const at = Number(random.next().value) % open.length;
            const [{ index, of }] = open.splice(at, 1) as [{ index: number; of: Tree }];
            if (typeof of === 'number') acknowledgement.settle(index, of, STATUS[of], `why ${of}`);
            else {
              acknowledgement.branch(index, of.length);
              open.push(...of.map((each) => ({ index, of: each })));
            }
          }
          assert.equal(acknowledgement.done, true);
          assert.equal(acknowledgement.inFlight, 0);
          assert.equal(answers.length, 1);
          for (const [index, ack] of answers[0]!.entries()) {
            const worst = worstOf(trees[index] ?? []);
            assert.equal(ack.status, STATUS[worst]);
            assert.equal(ack.error, worst === FATE.success ? '' : `why ${worst}`);
            assert.equal(ack.id, records[index]?.id, 'acks come in the order of the records');
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never lets a record be settled more often than it was copied', () => {
    const acknowledgement = new Acknowledgement(outlines([{ sequence: 0 }]), 1, () => undefined);
    acknowledgement.settle(0, FATE.success);
    assert.throws(() => acknowledgement.settle(0, FATE.success), RangeError);
  });
});
