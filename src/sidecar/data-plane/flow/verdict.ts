import type { ErrorCode } from '../../../foundation/errors.ts';
import type { StageAnswer } from '../../routing/call.ts';
import { failed, type Outcome, returned } from '../../wire/outcome.ts';

/** What is to be done with a call that failed. */
export type Verdict =
  /** Try again; given up, its records come to `otherwise`. */
  | { readonly kind: 'retry'; readonly otherwise: Outcome }
  /** Make the call smaller; a single record comes to `single`. */
  | { readonly kind: 'divide'; readonly single: Outcome }
  | { readonly kind: 'settle'; readonly outcome: Outcome };

/** What is known of the tries so far. */
export interface Tries {
  /** 0 for the first. */
  readonly attempt: number;
  /** Part of a call that was divided: it had its retries when it was whole. */
  readonly divided: boolean;
  /** The graph of the call is no longer the one that is assigned. */
  readonly outdated: boolean;
}

/** Retries of a call that a stage failed at without saying why. */
const RETRIES_OF_UNKNOWN = 2;

type Failure = Extract<StageAnswer, { kind: 'failed' }>;

const KINDS = {
  UNAVAILABLE: 'unavailable',
  ABORTED: 'unavailable',
  CANCELLED: 'unavailable',
  NOT_FOUND: 'unavailable',
  DRAINING: 'unavailable',
  STAGE_NOT_ASSIGNED: 'unavailable',
  PIPELINE_NOT_ASSIGNED: 'skew',
  GENERATION_SKEW: 'skew',
  DEADLINE_EXCEEDED: 'timeout',
  RESOURCE_EXHAUSTED: 'exhausted',
  UNKNOWN: 'unknown',
  INTERNAL: 'unknown',
  INVALID_ARGUMENT: 'refused',
  CONFIG_INVALID: 'refused',
  OUT_OF_RANGE: 'refused',
  DATA_LOSS: 'refused',
  UNIMPLEMENTED: 'unusable',
  UNAUTHENTICATED: 'unusable',
  PERMISSION_DENIED: 'unusable',
  FAILED_PRECONDITION: 'unusable',
  ALREADY_EXISTS: 'unknown',
  MALFORMED: 'bad-response',
  TOO_LARGE: 'bad-response',
} as const satisfies Record<ErrorCode, string>;

function onExhausted({ sizeProven, aboveLimit, error }: Failure, { attempt, divided }: Tries): Verdict {
  const unavailable = returned('STAGE_UNAVAILABLE', error.message);
  if (sizeProven || (attempt === 0 && !divided)) return { kind: 'retry', otherwise: unavailable };
  return { kind: 'divide', single: aboveLimit ? failed('RECORD_TOO_LARGE', error.message) : unavailable };
}

/** The rules of semantics.md, "What a stage's answer means", for calls that failed. Pure. */
export function judge(failure: Failure, tries: Tries): Verdict {
  const { attempt, divided, outdated } = tries;
  const { code, message } = failure.error;
  const unavailable = returned('STAGE_UNAVAILABLE', message);
  switch (KINDS[code]) {
    case 'unavailable':
      return { kind: 'retry', otherwise: unavailable };
    case 'skew':
      return outdated ? { kind: 'settle', outcome: unavailable } : { kind: 'retry', otherwise: unavailable };
    case 'timeout':
      return { kind: 'retry', otherwise: returned('STAGE_TIMEOUT', message) };
    case 'exhausted':
      return onExhausted(failure, tries);
    case 'unknown': {
      const error = returned('STAGE_ERROR', message);
      const again = !divided && attempt < RETRIES_OF_UNKNOWN;
      return again ? { kind: 'retry', otherwise: error } : { kind: 'divide', single: error };
    }
    case 'refused':
      return { kind: 'divide', single: failed('STAGE_REFUSED', message) };
    case 'unusable':
      return { kind: 'settle', outcome: returned('STAGE_UNUSABLE', message) };
    case 'bad-response':
      return { kind: 'settle', outcome: returned('STAGE_BAD_RESPONSE', message) };
  }
}
