import type { Ledger } from './ledger.ts';

/** What the source says of its records. */
export interface SourceTotals {
  readonly read: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly resent: number;
}

/** Everything that is known when a run is over. */
export interface Outcome {
  /** Programs were killed: counters died with them, so only what outlives a process can be added up. */
  readonly chaos: boolean;
  /** The input read once more by the demo itself, with the filter applied. */
  readonly input: { readonly flights: number; readonly delayed: number };
  readonly source: SourceTotals;
  /** In the order of the way: the source's sidecar first. */
  readonly ledgers: readonly { readonly name: string; readonly ledger: Ledger }[];
  /** `writes` counts a row that was written again once more. */
  readonly database: { readonly rows: number; readonly writes: number };
}

/** Two numbers that were counted independently and must be equal. */
export interface Check {
  readonly left: string;
  readonly leftValue: number;
  readonly right: string;
  readonly rightValue: number;
  readonly ok: boolean;
}

interface Side {
  readonly what: string;
  readonly value: number;
}

function equal(left: Side, right: Side): Check {
  return {
    left: left.what,
    leftValue: left.value,
    right: right.what,
    rightValue: right.value,
    ok: left.value === right.value,
  };
}

/** What holds however often a program was killed: the input, the acknowledgements and the rows. */
function checksThatOutliveProcesses({ input, source, database }: Outcome): Check[] {
  return [
    equal(
      { what: 'flights in the input', value: input.flights },
      { what: 'read by the source', value: source.read },
    ),
    equal(
      { what: 'read by the source', value: source.read },
      { what: 'acknowledged to it, success or failed', value: source.succeeded + source.failed },
    ),
    {
      ...equal(
        { what: 'late flights in the input', value: input.delayed },
        { what: 'rows in the database', value: database.rows },
      ),
      // a failed record may be a late one or not
      ok: database.rows <= input.delayed && database.rows >= input.delayed - source.failed,
    },
  ];
}

function conservation({ name, ledger }: Outcome['ledgers'][number]): Check {
  const { entered, derived, delivered, forwarded, filtered, failed, returned, replaced, inFlight } = ledger;
  return equal(
    { what: `${name}: entered and derived`, value: entered + derived },
    {
      what: 'all ways out, and in flight',
      value: delivered + forwarded + filtered + failed + returned + replaced + inFlight,
    },
  );
}

function checksOfLedgers({ ledgers }: Outcome): Check[] {
  // a surplus in one must not make up for a loss in another
  const sum = (term: keyof Ledger): number =>
    ledgers.reduce((total, { ledger }) => total + Math.abs(ledger[term]), 0);
  return [
    ...ledgers.map(conservation),
    equal({ what: 'unaccounted, all sidecars', value: sum('unaccounted') }, { what: 'none', value: 0 }),
    equal({ what: 'in flight at the end', value: sum('inFlight') }, { what: 'none', value: 0 }),
  ];
}

function checksAcrossSidecars({ source, ledgers, database }: Outcome): Check[] {
  const sum = (term: keyof Ledger): number => ledgers.reduce((total, { ledger }) => total + ledger[term], 0);
  const { entered = 0, failed = 0, returned = 0 } = ledgers[0]?.ledger ?? {};
  const taken = {
    what: `${ledgers[0]?.name ?? ''}: entered less failed and returned`,
    value: entered - failed - returned,
  };
  const repeats = database.writes - database.rows;
  return [
    equal(taken, { what: 'acknowledged to the source with success', value: source.succeeded }),
    equal(taken, {
      what: 'delivered and filtered everywhere, less repeated writes',
      value: sum('delivered') + sum('filtered') - repeats,
    }),
    equal(
      { what: 'delivered by all sidecars', value: sum('delivered') },
      { what: 'writes that the database counted', value: database.writes },
    ),
  ];
}

/** All that must hold for the demo to add up. */
export function addUp(outcome: Outcome): Check[] {
  return [
    ...checksThatOutliveProcesses(outcome),
    ...(outcome.chaos ? [] : checksAcrossSidecars(outcome)),
    ...checksOfLedgers(outcome),
  ];
}
