import type { Clock } from '../../../foundation/lifecycle/clock.ts';

/** Retries are at most this share of the calls, on average. */
const SHARE = 0.2;
/** Retries that are always allowed, by second. */
const MIN_PER_SECOND = 10;
/** What may be saved up: ten seconds of it, so that a short outage is bridged. */
const MAX_SAVED = 10 * MIN_PER_SECOND;

/**
 * Keeps retries from multiplying the load on a stage that is failing under it: each call earns a fifth of a retry.
 * @see https://linkerd.io/2/tasks/configuring-retries/ for the idea
 */
export class RetryBudget {
  readonly #clock: Clock;
  #saved = MAX_SAVED;
  #earnedAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#earnedAt = clock.now();
  }

  /** A first try was made. */
  earn(): void {
    this.#saved = Math.min(MAX_SAVED, this.#saved + SHARE);
  }

  /** Whether a retry may be made; takes it. */
  spend(): boolean {
    const now = this.#clock.now();
    this.#saved = Math.min(MAX_SAVED, this.#saved + ((now - this.#earnedAt) / 1_000) * MIN_PER_SECOND);
    this.#earnedAt = now;
    if (this.#saved < 1) return false;
    this.#saved--;
    return true;
  }
}
