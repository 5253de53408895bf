import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConveyorError, type ErrorCode } from '../../../src/foundation/errors.ts';
import type { StageAnswer } from '../../../src/sidecar/routing/call.ts';
import { judge, type Tries, type Verdict } from '../../../src/sidecar/data-plane/flow/verdict.ts';

type Failure = Extract<StageAnswer, { kind: 'failed' }>;

const failure = (code: ErrorCode, known: Partial<Failure> = {}): Failure => ({
  kind: 'failed',
  error: new ConveyorError(code, 'why'),
  sizeProven: false,
  aboveLimit: false,
  elsewhere: false,
  ...known,
});
const FIRST: Tries = { attempt: 0, divided: false, outdated: false };

/** `retry RETRY STAGE_TIMEOUT`: what is done, and what its records come to in the end. */
function says(verdict: Verdict): string {
  const outcome = { retry: 'otherwise', divide: 'single', settle: 'outcome' }[verdict.kind];
  const { kind, code } =
    (verdict as unknown as Record<string, { kind: string; code: string }>)[outcome] ?? {};
  return `${verdict.kind}: ${kind ?? ''} ${code ?? ''}`;
}

describe('what a failed call leads to', () => {
  it('is tried again until time or budget end, where the fault may mend itself', () => {
    for (const code of [
      'UNAVAILABLE',
      'ABORTED',
      'CANCELLED',
      'NOT_FOUND',
      'DRAINING',
      'STAGE_NOT_ASSIGNED',
    ] as const)
      for (const attempt of [0, 1, 50])
        assert.equal(says(judge(failure(code), { ...FIRST, attempt })), 'retry: returned STAGE_UNAVAILABLE');
    assert.equal(says(judge(failure('DEADLINE_EXCEEDED'), FIRST)), 'retry: returned STAGE_TIMEOUT');
  });

  it('is tried at another replica, and given up at once where our own table has moved on', () => {
    for (const code of ['GENERATION_SKEW', 'PIPELINE_NOT_ASSIGNED'] as const) {
      assert.equal(says(judge(failure(code), FIRST)), 'retry: returned STAGE_UNAVAILABLE');
      const outdated = judge(failure(code), { ...FIRST, outdated: true });
      assert.equal(says(outdated), 'settle: returned STAGE_UNAVAILABLE');
    }
  });

  it('is halved after the retries where nobody knows why, and not retried again in halves', () => {
    for (const code of ['UNKNOWN', 'INTERNAL'] as const) {
      assert.equal(says(judge(failure(code), FIRST)), 'retry: returned STAGE_ERROR');
      assert.equal(says(judge(failure(code), { ...FIRST, attempt: 2 })), 'divide: returned STAGE_ERROR');
      assert.equal(says(judge(failure(code), { ...FIRST, divided: true })), 'divide: returned STAGE_ERROR');
    }
  });

  it('is halved at once where the stage refuses what is in it', () => {
    for (const code of ['INVALID_ARGUMENT', 'OUT_OF_RANGE', 'DATA_LOSS'] as const)
      assert.equal(says(judge(failure(code), FIRST)), 'divide: failed STAGE_REFUSED');
  });

  it('RESOURCE_EXHAUSTED: one retry, then halved, unless a call of that size was taken before', () => {
    const code = 'RESOURCE_EXHAUSTED';
    const below = 'returned STAGE_UNAVAILABLE';
    assert.equal(says(judge(failure(code), FIRST)), `retry: ${below}`);
    assert.equal(says(judge(failure(code), { ...FIRST, attempt: 1 })), `divide: ${below}`);
    assert.equal(says(judge(failure(code), { ...FIRST, divided: true })), `divide: ${below}`);
    const above = failure(code, { aboveLimit: true });
    assert.equal(says(judge(above, { ...FIRST, attempt: 1 })), 'divide: failed RECORD_TOO_LARGE');
    const proven = failure(code, { sizeProven: true });
    for (const attempt of [0, 1, 9])
      assert.equal(says(judge(proven, { ...FIRST, attempt })), `retry: ${below}`);
  });

  it('is neither retried nor halved where the service cannot be used, or its answer not be read', () => {
    for (const code of [
      'UNIMPLEMENTED',
      'UNAUTHENTICATED',
      'PERMISSION_DENIED',
      'FAILED_PRECONDITION',
    ] as const)
      assert.equal(says(judge(failure(code), FIRST)), 'settle: returned STAGE_UNUSABLE');
    assert.equal(says(judge(failure('MALFORMED'), FIRST)), 'settle: returned STAGE_BAD_RESPONSE');
  });
});
