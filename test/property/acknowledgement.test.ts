import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Acknowledgement } from '../../src/sidecar/data-plane/flow/acknowledgement.ts';
import { outlines } from '../support/outlines.ts';

const FATES = ['success', 'failed', 'retry'] as const;
/** A place in {@link FATES}: the later, the worse. */
type Fate = 0 | 1 | 2;
/** What becomes of one copy of a record: an end, or several copies more. */
type Tree = Fate | readonly Tree[];

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom(0, 1, 2),
    fc.array(tie('tree'), { minLength: 1, maxLength: 4 }),
  ),
}));

const worstOf = (of: Tree): Fate =>
  typeof of === 'number' ? of : (Math.max(...of.map((each) => worstOf(each))) as Fate);

describe('the acknowledgement of a batch', () => {
  it('comes once, when the last copy of the last record is decided, with the worst fate of each', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(tree, { minLength: 2, maxLength: 2 }), { minLength: 1, maxLength: 5 }),
        fc.infiniteStream(fc.nat()),
        (trees, random) => {
          let answers = 0;
          const records = outlines(trees.map((_, sequence) => ({ sequence })));
          const acknowledgement = new Acknowledgement(records, 2, () => {
            answers++;
          });
          const open = trees.flatMap((copies, index) => copies.map((of) => ({ index, of })));
          while (open.length > 0) {
            assert.equal(acknowledgement.done, false, 'nothing is acknowledged early');
            assert.equal(acknowledgement.inFlight, open.length);
            const at = Number(random.next().value) % open.length;
            const [{ index, of }] = open.splice(at, 1) as [{ index: number; of: Tree }];
            if (of === 0) acknowledgement.settle(index);
            else if (of === 1 || of === 2) {
              acknowledgement.settle(index, { status: FATES[of], code: `${of}`, error: `why ${of}` });
            } else {
              acknowledgement.branch(index, of.length);
              open.push(...of.map((each) => ({ index, of: each })));
            }
          }
          assert.equal(acknowledgement.done, true);
          assert.equal(acknowledgement.inFlight, 0);
          assert.equal(answers, 1);
          assert.equal(acknowledgement.records, records);
          for (const [index, copies] of trees.entries()) {
            const worst = worstOf(copies);
            const { status = 'success', error = '' } = acknowledgement.exceptions.get(index) ?? {};
            assert.equal(status, FATES[worst]);
            assert.equal(error, worst === 0 ? '' : `why ${worst}`);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never lets a record be settled more often than it was copied', () => {
    const acknowledgement = new Acknowledgement(outlines([{ sequence: 0 }]), 1, () => undefined);
    acknowledgement.settle(0);
    assert.throws(() => acknowledgement.settle(0), RangeError);
  });
});
