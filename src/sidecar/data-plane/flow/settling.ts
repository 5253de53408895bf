import type { Outcome } from '../../wire/outcome.ts';
import { type RecordOutline, sameLane } from '../../wire/outline.ts';
import type { AckException } from '../../wire/writer.ts';
import { emptyTally, type Tally } from '../ledger.ts';
import { DEADLINE } from './hop.ts';
import type { Part } from './run.ts';

/** What a stage made of some records. */
export interface Made {
  /** For the ledger; what goes on and what has ended. */
  readonly tally: Tally;
  /** What goes on; nothing after a path's last stage. */
  readonly outputs: readonly RecordOutline[];
  /** For each output the index of the record of the batch that it derives from. */
  readonly roots: readonly number[];
  /** Whether each output's id stands in one of the run's lanes. */
  readonly inLanes: boolean;
  /** Whether an output's id lies neither in the answer nor in the batch, but in what the stage was sent. */
  readonly borrows: boolean;
}

/**
 * Sorts what a stage made of some records; what goes on is counted in the acknowledgement, once for each copy.
 * @param ways stages that outputs go to.
 */
export function branchOut({ parcel, from }: Part, outcomes: readonly Outcome[], ways: number): Made {
  const { acknowledgement, lanes } = parcel.run;
  const tally = emptyTally();
  const outputs: RecordOutline[] = [];
  // while each record becomes one, outputs have the roots of their records
  let roots: number[] | undefined;
  let inLanes = lanes.length > 0;
  let borrows = false;
  for (let index = 0; index < outcomes.length; index++) {
    const outcome = outcomes[index] ?? DEADLINE;
    if (outcome.kind !== 'outputs') {
      tally[outcome.kind]++;
      continue;
    }
    const { records } = outcome;
    const copies = records.length * ways;
    tally.replaced++;
    tally.derived += Math.max(copies, records.length);
    if (ways === 0) {
      tally.delivered += records.length;
      continue;
    }
    const root = parcel.roots[from + index] ?? 0;
    acknowledgement.branch(root, copies);
    const rootId = acknowledgement.records[root]?.id;
    for (const record of records) {
      if (outputs.length !== from + index) roots ??= parcel.roots.slice(0, outputs.length);
      roots?.push(root);
      outputs.push(record);
      const { id } = record;
      if (id === undefined || id === rootId) continue;
      inLanes &&= rootId !== undefined && sameLane(id, rootId);
      borrows ||= id.bytes !== record.bytes && id.bytes !== rootId?.bytes;
    }
  }
  return { tally, outputs, roots: roots ?? parcel.roots, inLanes, borrows };
}

/** Settles what has come to its end. @param goesOn whether outputs were sent on. */
export function settleEnded({ parcel, from }: Part, outcomes: readonly Outcome[], goesOn: boolean): void {
  const { roots, run } = parcel;
  for (let index = 0; index < outcomes.length; index++) {
    const outcome = outcomes[index] ?? DEADLINE;
    if (outcome.kind === 'outputs' && goesOn) continue;
    run.acknowledgement.settle(roots[from + index] ?? 0, exceptionOf(outcome));
  }
}

function exceptionOf(outcome: Outcome): AckException | undefined {
  switch (outcome.kind) {
    case 'failed':
      return { status: 'failed', code: outcome.code, error: outcome.error };
    case 'returned':
      return { status: 'retry', code: outcome.code, error: outcome.error };
    default:
      return undefined;
  }
}
