import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { SourceTotals } from './add-up.ts';

/** What the source says while it runs: records. */
export interface SourceProgress extends SourceTotals {
  /** Sent, or waiting to be sent again. */
  readonly open: number;
}

/** What the source says last. */
export interface SourceDone extends SourceProgress {
  /** From the start of its reading to the last acknowledgement. */
  readonly seconds: number;
  /** From the first time that a batch was sent to its last acknowledgement. */
  readonly latencyMs: {
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
  };
}

type Report = ({ readonly event: 'progress' } & SourceProgress) | ({ readonly event: 'done' } & SourceDone);

/** Reads the source's JSON lines and resolves to its last word, or undefined when it ended without one. */
export async function followSource(
  stdout: Readable,
  onProgress: (progress: SourceProgress) => void,
): Promise<SourceDone | undefined> {
  let done: SourceDone | undefined;
  for await (const line of createInterface({ input: stdout })) {
    const report = JSON.parse(line) as Report;
    if (report.event === 'done') done = report;
    onProgress(report);
  }
  return done;
}
