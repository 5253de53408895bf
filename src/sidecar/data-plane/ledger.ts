import { Roster } from '../../foundation/lifecycle/roster.ts';

/** The terms of the conservation ledger, in copies at this sidecar (semantics.md, "The conservation ledger"). */
export const LEDGER_TERMS = [
  'entered',
  'derived',
  'delivered',
  'forwarded',
  'filtered',
  'failed',
  'returned',
  'replaced',
] as const;
/** One of {@link LEDGER_TERMS}. */
export type LedgerTerm = (typeof LEDGER_TERMS)[number];

/** What is counted of a batch before it is added to the ledger. */
export type Tally = Record<LedgerTerm, number>;

/** A tally of nothing. */
export function emptyTally(): Tally {
  return {
    entered: 0,
    derived: 0,
    delivered: 0,
    forwarded: 0,
    filtered: 0,
    failed: 0,
    returned: 0,
    replaced: 0,
  };
}

/** A run as the ledger sees it. */
interface LiveRun {
  readonly inFlight: number;
}

/** The ledger of one pipeline. In flight is counted from the live runs themselves, never as the remainder. */
export class Ledger {
  readonly totals: Tally = emptyTally();
  readonly #runs = new Roster<LiveRun>();

  /** Adds the counts of one step. All terms of a step at once, so that the ledger is never off in between. */
  add(tally: Readonly<Tally>): void {
    for (const term of LEDGER_TERMS) this.totals[term] += tally[term];
  }

  /** A run begins; its copies are in flight. @returns to be called when it is over. */
  open(run: LiveRun): () => void {
    return this.#runs.add(run);
  }

  /** Live runs. */
  get runs(): number {
    return this.#runs.size;
  }

  /** Copies on their way. */
  get inFlight(): number {
    let sum = 0;
    this.#runs.forEach((run) => {
      sum += run.inFlight;
    });
    return sum;
  }

  /** What the ledger cannot account for. Must be 0. */
  get unaccounted(): number {
    const { entered, derived, delivered, forwarded, filtered, failed, returned, replaced } = this.totals;
    return (
      entered + derived - delivered - forwarded - filtered - failed - returned - replaced - this.inFlight
    );
  }
}
