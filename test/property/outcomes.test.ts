import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  peerOutcomes,
  refusedAtDoor,
  sinkOutcomes,
  transformOutcomes,
} from '../../src/sidecar/routing/outcomes.ts';
import type { RecordAckOutline, WriteResultOutline } from '../../src/sidecar/wire/responses.ts';
import type { Outcome } from '../../src/sidecar/wire/outcome.ts';
import { outlines } from '../support/outlines.ts';

/** Ids from so few that they repeat within a batch. */
const sequences = fc.array(fc.nat(4), { minLength: 1, maxLength: 8 });
const code = (outcome: Outcome): string => ('code' in outcome ? outcome.code : outcome.kind);

/** The ids in another order, but those that repeat in theirs. */
function shuffled<T extends { key: number }>(items: readonly T[], weights: readonly number[]): T[] {
  const byWeight = [...items].map((item, i) => ({ item, weight: weights[i] ?? 0 }));
  const order = byWeight.sort((a, b) => a.weight - b.weight).map(({ item }) => item.key);
  const queues = new Map<number, T[]>();
  for (const item of items) queues.set(item.key, [...(queues.get(item.key) ?? []), item]);
  return order.map((key) => queues.get(key)!.shift()!);
}

describe('what a stage said of each record', () => {
  const given = fc.record({
    ids: sequences,
    weights: fc.array(fc.nat(), { minLength: 20, maxLength: 20 }),
    kinds: fc.array(fc.constantFrom('success', 'filtered', 'error', 'split', 'unspecified'), {
      minLength: 20,
      maxLength: 20,
    }),
    dropped: fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }),
    extras: fc.array(fc.integer({ min: 5, max: 9 }), { maxLength: 3 }),
  });

  it('transform: the n-th result of an id is of its n-th record, in any order, with others among them', () => {
    fc.assert(
      fc.property(given, ({ ids, weights, kinds, extras }) => {
        const sent = outlines(ids.map((sequence) => ({ sequence })));
        const outputs = outlines([{ sequence: 0 }]);
        const results = ids.map((sequence, i) => {
          const [record] = outlines([{ sequence }]);
          const status = kinds[i]!;
          return { key: sequence, id: record?.id, status, outputs, errorMessage: String(i) };
        });
        const strangers = extras.map((sequence) => {
          const [record] = outlines([{ sequence }]);
          return {
            key: sequence,
            id: record?.id,
            status: 'error' as const,
            outputs: [],
            errorMessage: 'not sent',
          };
        });
        const nameless = {
          key: 99,
          id: undefined,
          status: 'error' as const,
          outputs: [],
          errorMessage: 'no id',
        };
        const { outcomes, unexpected } = transformOutcomes(
          sent,
          shuffled([nameless, ...strangers, ...results], weights),
        );
        const expected = ids.map((_, i): string => {
          if (kinds[i] === 'filtered') return 'filtered';
          if (kinds[i] === 'error') return `TRANSFORM_ERROR ${i}`;
          return kinds[i] === 'unspecified' ? 'STAGE_BAD_RESPONSE' : 'outputs';
        });
        assert.deepEqual(
          outcomes.map((o) => (o.kind === 'failed' ? `${o.code} ${o.error}` : code(o))),
          expected,
        );
        assert.equal(unexpected, strangers.length + 1);
      }),
      { numRuns: 300 },
    );
  });

  it('sink: a missing result is what the status of the batch says, a given one what it says itself', () => {
    const statuses = fc.constantFrom('success', 'partial', 'failed', 'pending', 'unspecified');
    fc.assert(
      fc.property(given, statuses, fc.boolean(), ({ ids, weights, dropped }, status, flushed) => {
        const unique = [...new Set(ids)];
        const sent = outlines(unique.map((sequence) => ({ sequence })));
        const results = unique.map((sequence, i) => {
          const success = (weights[i] ?? 0) % 3 === 0;
          const retryable = (weights[i] ?? 0) % 3 === 1;
          return { key: sequence, id: sent[i]?.id, success, error: '', retryable };
        });
        const kept: (WriteResultOutline & { key: number })[] = results.filter((_, i) => dropped[i] !== true);
        const rest = {
          success: 'delivered',
          pending: flushed ? 'delivered' : 'SINK_RETRYABLE',
          partial: 'STAGE_BAD_RESPONSE',
          failed: 'STAGE_BAD_RESPONSE',
          unspecified: 'STAGE_BAD_RESPONSE',
        }[status];
        assert.deepEqual(
          sinkOutcomes(sent, { status, results: shuffled(kept, weights.slice(7)) }, flushed).outcomes.map(
            code,
          ),
          results.map(({ success, retryable }, i) => {
            if (dropped[i] === true) return rest;
            if (success) return 'delivered';
            return retryable ? 'SINK_RETRYABLE' : 'SINK_REJECTED';
          }),
        );
      }),
      { numRuns: 300 },
    );
  });

  const acks = (entries: readonly [number, RecordAckOutline['status']][]): RecordAckOutline[] =>
    entries.map(([sequence, status]) => ({
      id: outlines([{ sequence }])[0]?.id,
      status,
      error: '',
      code: status.toUpperCase(),
    }));

  it('another sidecar: one ack each in the order of the records, else by id, and the worst wins', () => {
    const sent = outlines([{ sequence: 1 }, { sequence: 2 }, { sequence: 1 }]);
    const said = (success: boolean, entries: [number, RecordAckOutline['status']][]): string[] =>
      peerOutcomes(sent, { success, error: '', acks: acks(entries) }).map(code);
    assert.deepEqual(
      said(false, [
        [1, 'success'],
        [2, 'failed'],
        [1, 'retry'],
      ]),
      ['forwarded', 'FAILED', 'RETRY'],
    );
    assert.deepEqual(
      said(false, [
        [2, 'failed'],
        [1, 'success'],
        [1, 'retry'],
      ]),
      ['RETRY', 'FAILED', 'RETRY'],
    );
    assert.deepEqual(
      said(false, [
        [1, 'failed'],
        [1, 'success'],
        [2, 'success'],
      ]),
      ['FAILED', 'forwarded', 'FAILED'],
    );
    assert.deepEqual(said(false, [[1, 'success']]), ['forwarded', 'STAGE_BAD_RESPONSE', 'forwarded']);
    assert.deepEqual(said(true, [[2, 'success']]), ['STAGE_BAD_RESPONSE', 'forwarded', 'STAGE_BAD_RESPONSE']);
    assert.deepEqual(said(true, []), ['forwarded', 'forwarded', 'forwarded']);
    assert.deepEqual(said(false, []), ['STAGE_BAD_RESPONSE', 'STAGE_BAD_RESPONSE', 'STAGE_BAD_RESPONSE']);
  });

  it('another sidecar: an unknown status is a RETRY, in order and out of it', () => {
    const sent = outlines([{ sequence: 1 }, { sequence: 2 }]);
    for (const entries of [
      [
        [1, 'unspecified'],
        [2, 'success'],
      ],
      [
        [2, 'success'],
        [1, 'success'],
        [1, 'unspecified'],
      ],
    ] as [number, RecordAckOutline['status']][][])
      assert.deepEqual(
        peerOutcomes(sent, { success: false, error: '', acks: acks(entries) }).map(({ kind }) => kind),
        ['returned', 'forwarded'],
      );
  });

  it('a refusal at the door is RETRY of all with one of four codes, and nothing else', () => {
    const refused = (entries: [string, RecordAckOutline['status']][]): string | undefined =>
      refusedAtDoor({
        success: false,
        error: '',
        acks: entries.map(([each, status]) => ({ id: undefined, status, error: '', code: each })),
      });
    for (const door of ['DRAINING', 'PIPELINE_NOT_ASSIGNED', 'STAGE_NOT_ASSIGNED', 'GENERATION_SKEW'])
      assert.equal(
        refused([
          [door, 'retry'],
          [door, 'retry'],
        ]),
        door,
      );
    assert.equal(refused([]), undefined);
    assert.equal(refused([['HOP_LIMIT', 'retry']]), undefined);
    assert.equal(refused([['DEADLINE', 'retry']]), undefined);
    assert.equal(
      refused([
        ['DRAINING', 'retry'],
        ['DEADLINE', 'retry'],
      ]),
      undefined,
    );
    assert.equal(
      refused([
        ['DRAINING', 'retry'],
        ['', 'success'],
      ]),
      undefined,
    );
    assert.equal(refused([['DRAINING', 'failed']]), undefined);
  });
});
