import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { standingOf } from '../../../src/sidecar/own-pod/access/standing.ts';

describe('how a sidecar stands with the API', () => {
  const signs = { noClient: undefined, synced: false, found: false, pod: 'flights/app-1' };

  it('has no access without a token, and is refused with a wrong one or without rights', () => {
    const kindFor = (code: 'FAILED_PRECONDITION' | 'UNAUTHENTICATED' | 'PERMISSION_DENIED'): string =>
      standingOf({ ...signs, failure: { code, reason: '', forMs: 0 } }).kind;
    assert.deepEqual(
      [kindFor('FAILED_PRECONDITION'), kindFor('UNAUTHENTICATED'), kindFor('PERMISSION_DENIED')],
      ['no-access', 'denied', 'denied'],
    );
  });
});
