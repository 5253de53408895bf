/**
 * Pushes batches to the sidecar and keeps each until every record of it has been acknowledged. What comes back with
 * RETRY, and what was open when the stream broke, is sent again under the same ids.
 */
import { type ServiceError, status } from '@grpc/grpc-js';
import type { PushAck__Output } from '../../src/foundation/grpc/gen/conveyor/sidecar/PushAck.ts';
import type { SidecarDataPlaneClient } from '../../src/foundation/grpc/gen/conveyor/sidecar/SidecarDataPlane.ts';
import type { Batch } from './batch.ts';
import { connect, PushStream } from './stream.ts';

/** Errors of a stream that no repetition mends. */
const FATAL = new Set([
  status.INVALID_ARGUMENT,
  status.PERMISSION_DENIED,
  status.UNAUTHENTICATED,
  status.UNIMPLEMENTED,
]);

/** Where and how to push. */
export interface PushOptions {
  /** `host:port` of the sidecar. */
  readonly endpoint: string;
  readonly sourceId: string;
  /** Empty: the one pipeline that this source feeds. */
  readonly pipelineId: string;
  /** Batches kept here at most, sent and not yet acknowledged: the bound on this program's memory. */
  readonly maxOpenBatches: number;
  /** Called for each record that is done: the place to move a cursor in what it was read from. */
  readonly onSucceeded?: (id: NonNullable<Batch['records'][number]['id']>) => void;
}

/** What has happened so far. All but `latenciesMs` (one a batch, first send to last ack) count records. */
export interface Totals {
  read: number;
  succeeded: number;
  failed: number;
  resent: number;
  readonly latenciesMs: number[];
}

interface OpenBatch extends Batch {
  records: Batch['records'];
  readonly since: number;
  attempts: number;
  /** Sent on the present stream, and not answered. */
  onWire: boolean;
}

/** One source's conversation with its sidecar, over as many streams as it takes. */
export class Pusher {
  readonly totals: Totals = { read: 0, succeeded: 0, failed: 0, resent: 0, latenciesMs: [] };
  readonly #options: PushOptions;
  readonly #client: SidecarDataPlaneClient;
  readonly #open = new Map<string, OpenBatch>();
  #again: OpenBatch[] = [];
  #stream: PushStream | undefined;
  #lostStreams = 0;
  #reconnect: NodeJS.Timeout | undefined;
  #fatal: ServiceError | undefined;
  #wake: () => void = () => undefined;

  constructor(options: PushOptions) {
    this.#options = options;
    this.#client = connect(options.endpoint);
  }

  /** Resolves when all batches are acknowledged. When the signal aborts, no more are read, and open ones finish. */
  async push(batches: AsyncIterable<Batch>, signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    const source = batches[Symbol.asyncIterator]();
    let ended = false;
    this.#openStream();
    try {
      for (;;) {
        await this.#until(() => {
          ended ||= signal.aborted;
          return this.#maySend(ended) || (ended && this.#open.size === 0);
        });
        const again = this.#again.shift();
        if (again !== undefined) this.#send(again);
        else if (ended) break;
        else {
          const next = await source.next();
          if (next.done === true) ended = true;
          else this.#take(next.value);
        }
      }
    } finally {
      await source.return?.();
      clearTimeout(this.#reconnect);
      this.#stream?.end();
      this.#client.close();
    }
  }

  /** Records that are sent, or wait to be sent again. */
  get openRecords(): number {
    return [...this.#open.values()].reduce((sum, { records }) => sum + records.length, 0);
  }

  #maySend(ended: boolean): boolean {
    const more = this.#again.length > 0 || (!ended && this.#open.size < this.#options.maxOpenBatches);
    return more && this.#stream?.maySend === true;
  }

  #take({ batchId, records }: Batch): void {
    const batch = { batchId, records, since: performance.now(), attempts: 0, onWire: false };
    this.#open.set(batchId, batch);
    this.totals.read += records.length;
    this.#send(batch);
  }

  #send(batch: OpenBatch): void {
    if (this.#stream === undefined) {
      // it broke while the batch was read
      this.#again.push(batch);
      return;
    }
    if (batch.attempts++ > 0) this.totals.resent += batch.records.length;
    batch.onWire = true;
    this.#stream.send(batch);
  }

  #openStream(): void {
    const { sourceId, pipelineId } = this.#options;
    this.#stream = new PushStream(
      this.#client,
      { sourceId, pipelineId },
      {
        onAck: (ack) => this.#acknowledge(ack),
        onFlow: () => this.#wake(),
        onOver: (error) => this.#lost(error),
      },
    );
  }

  #lost(error?: ServiceError): void {
    this.#stream = undefined;
    if (error !== undefined && FATAL.has(error.code)) this.#fatal = error;
    else this.#reconnect = setTimeout(() => this.#openStream(), backoffMs(this.#lostStreams++));
    const open = [...this.#open.values()].filter(({ onWire }) => onWire);
    for (const batch of open) batch.onWire = false;
    this.#again = [...open, ...this.#again];
    this.#wake();
  }

  #acknowledge({ batchId, success, recordAcks }: PushAck__Output): void {
    const batch = this.#open.get(batchId);
    if (batch === undefined) return;
    this.#lostStreams = 0;
    batch.onWire = false;
    // all of a batch are of one partition, so the sequence number tells them apart
    const statusOf = new Map(recordAcks.map(({ recordId, status }) => [recordId?.sequenceNumber, status]));
    batch.records = batch.records.filter(({ id }) => {
      const unnamed = success ? 'ACK_STATUS_SUCCESS' : 'ACK_STATUS_RETRY';
      const status = statusOf.get(Number(id?.sequenceNumber)) ?? unnamed;
      if (status === 'ACK_STATUS_SUCCESS') this.#succeed(id);
      else if (status === 'ACK_STATUS_FAILED') this.totals.failed++;
      else return true;
      return false;
    });
    if (batch.records.length === 0) this.#close(batch);
    else setTimeout(() => this.#retry(batch), backoffMs(batch.attempts));
  }

  #succeed(id: Batch['records'][number]['id']): void {
    this.totals.succeeded++;
    if (id) this.#options.onSucceeded?.(id);
  }

  #retry(batch: OpenBatch): void {
    this.#again.push(batch);
    this.#wake();
  }

  #close({ batchId, since }: OpenBatch): void {
    this.#open.delete(batchId);
    this.totals.latenciesMs.push(performance.now() - since);
  }

  async #until(check: () => boolean): Promise<void> {
    for (;;) {
      if (this.#fatal !== undefined) throw this.#fatal;
      if (check()) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** Exponential with full jitter, so that sources do not come back in step. */
const backoffMs = (attempt: number): number => Math.random() * Math.min(5_000, 100 * 2 ** attempt);
