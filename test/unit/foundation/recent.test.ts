import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Recent } from '../../../src/foundation/lifecycle/recent.ts';

it('what was set longest ago makes room, and what is set again is new', () => {
  const recent = new Recent<string, number>(2);
  recent.set('a', 1).set('b', 2).set('a', 3).set('c', 4);
  assert.deepEqual(
    [...recent],
    [
      ['a', 3],
      ['c', 4],
    ],
  );
});
