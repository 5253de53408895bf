import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type DeletionSight,
  holdUntilMs,
  outboundAtMs,
  planEnd,
  seeDeletion,
  type Signs,
  type Terms,
} from '../../src/sidecar/leaving/plan.ts';

const ms = fc.integer({ min: 0, max: 600_000 });
const sight: fc.Arbitrary<DeletionSight> = fc.record({
  atWallMs: ms,
  graceMs: ms,
  byWallMs: fc.integer({ min: -600_000, max: 1_200_000 }),
  byGraceMs: ms,
});
const signs: fc.Arbitrary<Signs> = fc
  .record(
    { hookMs: ms, signalMs: ms, deleted: fc.record({ deletionMs: ms, deletion: sight }) },
    { requiredKeys: [] },
  )
  .map(({ deleted, ...times }) => ({ ...times, ...deleted }))
  .filter((each) => Object.keys(each).length > 0);
const terms: fc.Arbitrary<Terms> = fc.record({ native: fc.boolean(), graceMs: ms });

const planOf = (given: Signs, by: Terms) => planEnd(given, by) ?? assert.fail('a sign makes a plan');

describe('the plan of the end', () => {
  it('begins with the first sign and is over at no time before it', () => {
    fc.assert(
      fc.property(signs, terms, (given, by) => {
        const { hookMs = Infinity, deletionMs = Infinity, signalMs = Infinity } = given;
        const { beganMs, untilMs } = planOf(given, by);
        assert.equal(beganMs, Math.min(hookMs, deletionMs, signalMs));
        assert.ok(untilMs >= beganMs);
      }),
    );
  });

  it('ends with the deletion by both clocks, but for the two seconds after the application', () => {
    fc.assert(
      fc.property(signs, terms, (given, by) => {
        const { untilMs, beganMs } = planOf(given, by);
        const { deletion, signalMs = -Infinity } = given;
        if (deletion === undefined) return;
        const least = Math.max(beganMs, by.native ? signalMs + 2_000 : -Infinity);
        assert.ok(untilMs <= Math.max(least, deletion.byWallMs));
        assert.ok(untilMs <= Math.max(least, deletion.byGraceMs));
      }),
    );
  });

  it('leaves the second half a fifth of the time, and the application that and five seconds', () => {
    fc.assert(
      fc.property(signs, terms, (given, by) => {
        const plan = planOf(given, by);
        const tookMs = plan.untilMs - plan.beganMs;
        assert.ok(Math.abs(plan.untilMs - outboundAtMs(plan) - tookMs / 5) < 1e-6);
        assert.ok(plan.untilMs - holdUntilMs(plan) >= Math.max(tookMs / 5, 5_000) - 1e-6);
        assert.ok(holdUntilMs(plan) <= outboundAtMs(plan) + 1e-6);
      }),
    );
  });

  it('takes for a deletion the less of what both clocks say, from the first sign on, if neither says that it is over', () => {
    const clocks = fc.record({
      nowMs: ms,
      skewMs: fc.integer({ min: -60_000, max: 60_000 }),
      agoMs: ms,
      graceMs: ms,
    });
    fc.assert(
      fc.property(clocks, ({ nowMs, skewMs, agoMs, graceMs }) => {
        const wallMs = 1_700_000_000_000 + nowMs;
        const at = { nowMs, wallMs, firstMs: nowMs - agoMs };
        const deletion = { atWallMs: wallMs + skewMs + graceMs - agoMs, graceMs };
        const seen = seeDeletion(deletion, undefined, at);
        const { untilMs } = planOf(
          { hookMs: at.firstMs, deletionMs: nowMs, deletion: seen },
          { native: false, graceMs: 1 },
        );
        const byGraceMs = at.firstMs + graceMs;
        const byWallMs = byGraceMs + skewMs;
        assert.equal(untilMs, byWallMs > nowMs ? Math.min(byWallMs, byGraceMs) : byGraceMs);
        assert.equal(seeDeletion(deletion, seen, { ...at, nowMs: nowMs + 1 }), seen);
      }),
    );
  });
});

describe('the end', () => {
  const by = (native = false): Terms => ({ native, graceMs: 30_000 });

  it('is planned by our hook and the grace where nothing else is known, whenever SIGTERM comes', () => {
    assert.equal(planOf({ hookMs: 1_000 }, by()).untilMs, 31_000);
    assert.equal(planOf({ hookMs: 1_000, signalMs: 1_100 }, by()).untilMs, 31_000);
    assert.equal(planOf({ signalMs: 1_000 }, by()).untilMs, 31_000);
    assert.equal(planEnd({}, by()), undefined);
  });

  it('of a native sidecar comes two seconds after the application at the earliest, and if that is all that is known', () => {
    assert.equal(planOf({ hookMs: 1_000, signalMs: 30_900 }, by(true)).untilMs, 32_900);
    assert.equal(planOf({ hookMs: 1_000, signalMs: 5_000 }, by(true)).untilMs, 31_000);
    assert.equal(planOf({ signalMs: 5_000 }, by(true)).untilMs, 7_000);
  });

  it('takes its time where the clock of the node is ahead by more than that', () => {
    const at = { nowMs: 1_000, wallMs: 100_000, firstMs: 1_000 };
    const seen = seeDeletion({ atWallMs: 40_000, graceMs: 30_000 }, undefined, at);
    assert.equal(planOf({ deletionMs: 1_000, deletion: seen }, by()).untilMs, 31_000);
  });

  it('comes nearer when someone deletes again with less grace', () => {
    const at = { nowMs: 1_000, wallMs: 10_000, firstMs: 1_000 };
    const first = seeDeletion({ atWallMs: 40_000, graceMs: 30_000 }, undefined, at);
    const later = { nowMs: 11_000, wallMs: 20_000, firstMs: 1_000 };
    const second = seeDeletion({ atWallMs: 25_000, graceMs: 5_000 }, first, later);
    assert.equal(planOf({ deletionMs: 1_000, deletion: first }, by()).untilMs, 31_000);
    assert.equal(planOf({ deletionMs: 1_000, deletion: second }, by()).untilMs, 16_000);
  });
});
