import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Fifo } from '../../../src/sidecar/data-plane/flow/fifo.ts';

type Step = readonly ['push' | 'unshift' | 'remove', number] | readonly ['shift'];

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(fc.constantFrom('push' as const, 'unshift' as const, 'remove' as const), fc.nat({ max: 40 })),
  fc.tuple(fc.constant('shift' as const)),
);

describe('fifo', () => {
  it('does what an array does, however it is used', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const fifo = new Fifo<number>();
        const array: number[] = [];
        for (const [what, item] of steps) {
          if (what === 'shift') assert.equal(fifo.shift(), array.shift());
          else if (what === 'remove') {
            fifo.remove(item);
            if (array.includes(item)) array.splice(array.indexOf(item), 1);
          } else {
            fifo[what](item);
            array[what](item);
          }
          assert.equal(fifo.size, array.length);
          assert.equal(fifo.peek(), array[0]);
        }
        assert.deepEqual(
          array.map(() => fifo.shift()),
          array,
        );
      }),
    );
  });
});
