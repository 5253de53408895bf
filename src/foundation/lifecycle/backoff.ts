/** How long to wait before the next try. */
export interface BackoffOptions {
  /** Upper bound of the first wait. */
  readonly baseMs: number;
  /** Upper bound of every wait. */
  readonly maxMs: number;
  /** A number in [0, 1); Math.random unless a test says otherwise. */
  readonly random?: () => number;
}

/**
 * Capped exponential backoff with full jitter: uniform in [0, min(max, base * 2^attempt)).
 * @param attempt 0 for the first retry.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(attempt: number, { baseMs, maxMs, random = Math.random }: BackoffOptions): number {
  return random() * Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
}

/** Spreads a period over [ms * (1 - share), ms * (1 + share)), so that many sidecars do not act in step. */
export function jittered(ms: number, share = 0.1, random: () => number = Math.random): number {
  return ms * (1 - share + 2 * share * random());
}
