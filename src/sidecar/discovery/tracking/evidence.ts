/** How a service has fared with real calls. */
export type CallOutcome = 'ok' | 'failed' | 'unusable';

/** What the calls alone say of a service. */
export interface CallHealth {
  readonly health: 'healthy' | 'degraded' | 'unhealthy';
  readonly message: string;
}

/** Failed calls in a row after which a probe is worth its cost. */
const SUSPICIOUS = 2;
/** Failed calls in a row after which a service is degraded: still used, and seen. */
const DEGRADED = 3;
/** Failed calls in a row after which a service is left out for a while. */
const UNHEALTHY = 5;
const FAILING = 'calls fail in a row';
const FIRST_REST_MS = 1_000;
const LONGEST_REST_MS = 60_000;

/**
 * What real calls say of one service. A service that fails in a row, or answers that it cannot be used at all, is
 * left out for a while, each time twice as long, and comes back by trial after a probe that found it again.
 */
export class CallEvidence {
  #failedInRow = 0;
  #strikes = 0;
  #restUntilMs: number | undefined;
  #unusable = false;
  #sinceProbe: 'none' | 'ok' | 'failed' = 'none';

  /** Milliseconds of the monotonic clock until which the service is left out; undefined when it is in use. */
  get restUntilMs(): number | undefined {
    return this.#restUntilMs;
  }

  /** What calls since the last probe say; a success outweighs failures. */
  get sinceProbe(): 'none' | 'ok' | 'failed' {
    return this.#sinceProbe;
  }

  /**
   * Takes one outcome; the way of a success does next to nothing.
   * @returns true when a probe should look at the service now.
   */
  record(outcome: CallOutcome, nowMs: number): boolean {
    if (outcome === 'ok') {
      this.#sinceProbe = 'ok';
      this.#failedInRow = 0;
      this.#strikes = 0;
      this.#restUntilMs = undefined;
      return false;
    }
    this.#failedInRow += 1;
    if (this.#sinceProbe === 'none') this.#sinceProbe = 'failed';
    const out = outcome === 'unusable' || this.#failedInRow >= UNHEALTHY;
    if (!out || this.#restUntilMs !== undefined) return this.#failedInRow === SUSPICIOUS;
    this.#unusable = outcome === 'unusable';
    this.#restUntilMs = nowMs + Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** this.#strikes);
    this.#strikes += 1;
    return true;
  }

  /**
   * A probe is over. One that found the service, begun after its rest, lets it come back on trial: the next failure
   * puts it out again.
   * @param foundMs when the probe began, if it found the service.
   */
  probed(foundMs: number | undefined): void {
    this.#sinceProbe = 'none';
    if (foundMs === undefined || this.#restUntilMs === undefined || foundMs < this.#restUntilMs) return;
    this.#restUntilMs = undefined;
    this.#failedInRow = this.#unusable ? 0 : UNHEALTHY - 1;
  }

  /** What the calls say now. */
  health(): CallHealth {
    if (this.#restUntilMs !== undefined) {
      const message = this.#unusable ? 'calls are refused as unusable' : FAILING;
      return { health: 'unhealthy', message };
    }
    if (this.#failedInRow >= DEGRADED) return { health: 'degraded', message: FAILING };
    return { health: 'healthy', message: '' };
  }
}
