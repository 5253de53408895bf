import { open } from 'node:fs/promises';
import type { LeavingLedger, LeavingPlane } from './ports.ts';

/** Copies of records, as the ledger counts them. */
export interface Work {
  /** On their way when the end began. */
  readonly inFlight: number;
  /** That came to an end since. */
  readonly finished: number;
  /** That were given back since, for their senders to send again. */
  readonly returned: number;
}

/** What became of what was in flight. */
export interface Receipt extends Work {
  readonly pipelines: Readonly<Record<string, Work>>;
}

/** The kubelet reads so much of a termination message. */
const MAX_MESSAGE_BYTES = 4_096;

const NOTHING: Work = { inFlight: 0, finished: 0, returned: 0 };

function workOf({ inFlight, totals }: LeavingLedger): Work {
  const { delivered, forwarded, filtered, failed, returned } = totals;
  return { inFlight, finished: delivered + forwarded + filtered + failed, returned };
}

const sum = (a: Work, b: Work): Work => ({
  inFlight: a.inFlight + b.inFlight,
  finished: a.finished + b.finished,
  returned: a.returned + b.returned,
});

/** Begins to count. @returns what gives the receipt, once the drain is over. */
export function openReceipt(dataPlane: Pick<LeavingPlane, 'report'>): () => Receipt {
  // a pipeline that the router takes away meanwhile leaves the report, not this
  const ledgers = new Map<LeavingLedger, { readonly pipeline: string; readonly before: Work }>();
  for (const [pipeline, { ledger }] of dataPlane.report())
    ledgers.set(ledger, { pipeline, before: workOf(ledger) });
  return () => {
    for (const [pipeline, { ledger }] of dataPlane.report())
      if (!ledgers.has(ledger)) ledgers.set(ledger, { pipeline, before: NOTHING });
    const pipelines = new Map<string, Work>();
    for (const [ledger, { pipeline, before }] of ledgers) {
      const { finished, returned } = workOf(ledger);
      const work = {
        inFlight: before.inFlight,
        finished: finished - before.finished,
        returned: returned - before.returned,
      };
      pipelines.set(pipeline, sum(pipelines.get(pipeline) ?? NOTHING, work));
    }
    return { ...[...pipelines.values()].reduce(sum, NOTHING), pipelines: Object.fromEntries(pipelines) };
  };
}

const weight = ({ inFlight, finished, returned }: Work): number => inFlight + finished + returned;

/**
 * The receipt as a termination message: one line of JSON, of at most 4 KiB, which is what the kubelet reads. Pipelines
 * for which there is no room are counted, those that moved most come first.
 */
export function terminationMessage(facts: object, { pipelines, ...totals }: Receipt): string {
  const ranked = Object.entries(pipelines).sort(([, a], [, b]) => weight(b) - weight(a));
  const messageOf = (count: number): string =>
    JSON.stringify({
      ...facts,
      ...totals,
      pipelines: Object.fromEntries(ranked.slice(0, count)),
      ...(count < ranked.length ? { morePipelines: ranked.length - count } : {}),
    });
  let count = Math.min(ranked.length, Math.floor(MAX_MESSAGE_BYTES / MIN_ENTRY_BYTES));
  while (count > 0 && Buffer.byteLength(messageOf(count)) > MAX_MESSAGE_BYTES) count--;
  return messageOf(count);
}

/** The shortest that an entry can be: `"p":{"inFlight":0,"finished":0,"returned":0}`. */
const MIN_ENTRY_BYTES = 44;

/** Writes the termination message where the kubelet has put a file for it. Resolves to whether there was one. */
export async function writeTerminationMessage(path: string, message: string): Promise<boolean> {
  try {
    // never made anew: without that file nobody would read it
    const file = await open(path, 'r+');
    try {
      await file.truncate();
      await file.writeFile(message);
    } finally {
      await file.close();
    }
    return true;
  } catch {
    return false;
  }
}
