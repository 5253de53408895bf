import { backoffMs } from '../../foundation/lifecycle/backoff.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import type { Replica } from './table.ts';

/** Consecutive failures after which an endpoint is left out. */
const FAILURES_TO_EJECT = 2;
const EJECTION = { baseMs: 500, maxMs: 30_000 };

interface Standing {
  failures: number;
  ejections: number;
  /** Monotonic milliseconds until which it is left out; then one call tries it. */
  outUntil: number;
}

/** Chooses among the replicas of a stage: round robin; a failing one is left out for a while and comes back by trial. */
export class ReplicaChoice {
  readonly #clock: Clock;
  readonly #standings = new Map<string, Standing>();
  readonly #turns = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The next replica for a stage.
   * @param key names the stage, so that each has its own round.
   * @param tried endpoints that this call has failed at: taken again only when no other is left.
   */
  choose(key: string, replicas: readonly Replica[], tried: ReadonlySet<string>): Replica | undefined {
    if (replicas.length <= 1) return replicas[0];
    const turn = (this.#turns.get(key) ?? -1) + 1;
    this.#turns.set(key, turn);
    const inTurn = replicas.map((_, index) => replicas[(turn + index) % replicas.length]);
    const candidates = inTurn.filter((replica): replica is Replica => replica !== undefined);
    const untried = candidates.filter(({ endpoint }) => !tried.has(endpoint));
    const pool = untried.length > 0 ? untried : candidates;
    const chosen = pool.find(({ endpoint }) => this.#mayBeTried(endpoint)) ?? pool[0];
    if (chosen !== undefined) this.#beginTrial(chosen.endpoint);
    return chosen;
  }

  /** What a call said of an endpoint. */
  report(endpoint: string, ok: boolean): void {
    if (ok) {
      this.#standings.delete(endpoint);
      return;
    }
    const standing = this.#standings.get(endpoint) ?? { failures: 0, ejections: 0, outUntil: 0 };
    standing.failures++;
    if (standing.failures >= FAILURES_TO_EJECT) {
      // at least half of the bound: full jitter alone would let some come back at once
      const { baseMs, maxMs } = EJECTION;
      const waitMs = Math.min(maxMs, baseMs * 2 ** standing.ejections) / 2;
      standing.outUntil = this.#clock.now() + waitMs + backoffMs(standing.ejections, EJECTION) / 2;
      standing.ejections++;
    }
    this.#standings.set(endpoint, standing);
  }

  /** Endpoints that are left out at this moment. */
  ejected(): string[] {
    const now = this.#clock.now();
    return [...this.#standings].filter(([, { outUntil }]) => outUntil > now).map(([endpoint]) => endpoint);
  }

  /** Forgets endpoints that are in no route any more. */
  retain(endpoints: ReadonlySet<string>, keys: ReadonlySet<string>): void {
    for (const endpoint of this.#standings.keys())
      if (!endpoints.has(endpoint)) this.#standings.delete(endpoint);
    for (const key of this.#turns.keys()) if (!keys.has(key)) this.#turns.delete(key);
  }

  #mayBeTried(endpoint: string): boolean {
    const standing = this.#standings.get(endpoint);
    return standing === undefined || standing.outUntil <= this.#clock.now();
  }

  /** One trial at a time: while it runs the others keep away. */
  #beginTrial(endpoint: string): void {
    const standing = this.#standings.get(endpoint);
    if (standing !== undefined && standing.ejections > 0)
      standing.outUntil = this.#clock.now() + EJECTION.baseMs;
  }
}
