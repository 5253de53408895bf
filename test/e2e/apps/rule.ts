/** What the applications of the end-to-end tests agree on. */
import { randomUUID } from 'node:crypto';

/** Ids of one source and partition. */
export interface Ids {
  readonly source: string;
  readonly partition: number;
  readonly sequences: readonly number[];
}

/** The transform filters these; all others are to be written. */
export const isFiltered = (sequence: number): boolean => sequence % 3 === 0;

/** Name of one telling: the ledger counts it once, whatever becomes of its answers. */
export const TELLING = 'x-telling';

/** By the address that the kubelet gives to pods: DNS goes when nodes are taken to be gone, and this truth must not. */
const LEDGER = `http://${process.env['LEDGER_SERVICE_HOST'] ?? 'ledger'}:8080`;

/** Tells the ledger, again and again until it has heard. */
export async function tell(path: string, body: unknown): Promise<void> {
  const url = `${LEDGER}${path}`;
  const headers = { [TELLING]: randomUUID() };
  for (;;) {
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(5_000),
      });
      if (answer.ok) return;
      console.error(`${url}: ${answer.status} ${await answer.text()}`);
    } catch (error) {
      console.error(`${url}: ${String(error)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
