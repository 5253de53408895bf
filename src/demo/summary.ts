import type { Check, Outcome } from './add-up.ts';
import type { ReadBack } from './database.ts';
import { TERMS } from './ledger.ts';
import type { SourceDone } from './source-reports.ts';
import { table } from './table.ts';

/** A run that is over, and what came of it. */
export interface Summary extends Outcome {
  readonly addsUp: boolean;
  readonly checks: readonly Check[];
  readonly seconds: number;
  readonly recordsPerSecond: number;
  readonly latencyMs: SourceDone['latencyMs'];
  readonly database: ReadBack;
  /** Programs that were killed and started again, in order. */
  readonly kills: readonly string[];
}

const number = (value: number): string => value.toLocaleString('en');

function ledgers(summary: Summary): string {
  return table([
    ['', ...TERMS, 'in flight', 'unaccounted'],
    ...summary.ledgers.map(({ name, ledger }) => [
      name,
      ...TERMS.map((term) => ledger[term]),
      ledger.inFlight,
      ledger.unaccounted,
    ]),
  ]);
}

function checks(summary: Summary): string {
  return table(
    summary.checks.map(({ ok, left, leftValue, right, rightValue }) => [
      ok ? '✔' : '✘',
      left,
      `${number(leftValue)} ${ok ? '=' : '≠'} ${number(rightValue)}`,
      right,
    ]),
  );
}

/** The summary as people read it. */
export function renderSummary(summary: Summary): string {
  const { source, latencyMs: ms, database, kills } = summary;
  const resent = `${number(source.resent)} sent again, ${number(database.writes - database.rows)} written again`;
  return [
    `${number(source.read)} flights in ${summary.seconds.toFixed(1)} s: ${number(summary.recordsPerSecond)} records/s`,
    `A batch was acknowledged after ${ms.p50} ms (median), ${ms.p95} ms (95 %), ${ms.p99} ms (99 %), ${ms.max} ms (at most)`,
    `${number(source.succeeded)} acknowledged with success, ${number(source.failed)} failed, ${resent}`,
    ...(kills.length > 0 ? [`Killed and started again: ${kills.join(', ')}`] : []),
    '',
    kills.length > 0 ? 'Records by sidecar, since it was last started' : 'Records by sidecar',
    ledgers(summary),
    'Most delayed flights in the database',
    table(database.mostDelayed),
    'Routes with the worst mean delay',
    table(database.worstRoutes),
    summary.addsUp ? 'It adds up' : 'It does not add up',
    checks(summary),
  ].join('\n');
}
