import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { addUp, type Outcome } from '../../src/demo/add-up.ts';
import type { Ledger } from '../../src/demo/ledger.ts';

const NOTHING: Ledger = {
  entered: 0,
  derived: 0,
  delivered: 0,
  forwarded: 0,
  filtered: 0,
  failed: 0,
  returned: 0,
  replaced: 0,
  inFlight: 0,
  unaccounted: 0,
};

/**
 * A run of the demo as the ledgers must tell it: on-time flights are filtered by B, `failed` of the late ones are
 * refused by its second transform, `returned` come back to the source once before they reach B, and `repeats` are
 * written twice because an answer of the sink came too late for C.
 */
function run({ onTime, late, failed, returned, repeats }: Record<string, number>): Outcome {
  const [filtered = 0, kept = 0, bad = 0, back = 0, twice = 0] = [onTime, late, failed, returned, repeats];
  const all = filtered + kept + bad;
  return {
    chaos: false,
    input: { flights: all, delayed: kept + bad },
    source: { read: all, succeeded: filtered + kept, failed: bad, resent: back + twice },
    ledgers: [
      {
        name: 'a',
        ledger: {
          ...NOTHING,
          entered: all + back + twice,
          forwarded: filtered + kept,
          failed: bad,
          returned: back + twice,
        },
      },
      {
        name: 'b',
        ledger: {
          ...NOTHING,
          entered: all + twice,
          derived: 2 * (kept + twice) + bad,
          filtered,
          failed: bad,
          replaced: 2 * (kept + twice) + bad,
          forwarded: kept,
          returned: twice,
        },
      },
      { name: 'c', ledger: { ...NOTHING, entered: kept + twice, delivered: kept + twice } },
    ],
    database: { rows: kept, writes: kept + twice },
  };
}

const runs = fc
  .record({
    onTime: fc.nat(1_000),
    late: fc.nat(1_000),
    failed: fc.nat(20),
    returned: fc.nat(50),
    repeats: fc.nat(50),
  })
  .map(run);

it('a run in which nothing was lost adds up, with and without chaos', () => {
  fc.assert(
    fc.property(runs, fc.boolean(), (outcome, chaos) => {
      assert.deepEqual(
        addUp({ ...outcome, chaos }).filter(({ ok }) => !ok),
        [],
      );
    }),
  );
});

it('one number that is off, in any ledger or at the source, and it does not add up', () => {
  const terms = Object.keys(NOTHING) as (keyof Ledger)[];
  const where = fc.record({
    sidecar: fc.nat(2),
    term: fc.constantFrom(...terms),
    by: fc.integer({ min: 1 }),
  });
  fc.assert(
    fc.property(runs, where, (outcome, { sidecar, term, by }) => {
      const ledgers = outcome.ledgers.map((each, index) =>
        index === sidecar ? { ...each, ledger: { ...each.ledger, [term]: each.ledger[term] + by } } : each,
      );
      assert.ok(addUp({ ...outcome, ledgers }).some(({ ok }) => !ok));
    }),
  );
  fc.assert(
    fc.property(
      runs,
      fc.constantFrom('read' as const, 'succeeded' as const, 'failed' as const),
      fc.boolean(),
      (outcome, term, chaos) => {
        const source = { ...outcome.source, [term]: outcome.source[term] + 1 };
        assert.ok(addUp({ ...outcome, source, chaos }).some(({ ok }) => !ok));
      },
    ),
  );
});

it('under chaos a lost row, or one that should not be there, does not add up', () => {
  fc.assert(
    fc.property(runs, fc.constantFrom(-1, 1), (outcome, by) => {
      const { failed } = outcome.source;
      const rows = by < 0 ? outcome.input.delayed - failed - 1 : outcome.input.delayed + 1;
      const database = { rows, writes: rows };
      assert.ok(addUp({ ...outcome, chaos: true, database }).some(({ ok }) => !ok));
    }),
  );
});
