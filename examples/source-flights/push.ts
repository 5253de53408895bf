/**
 * Pushes batches to the sidecar over `PushRecords`, and keeps each until every record of it has been acknowledged.
 * What comes back with RETRY, and what was open when the stream broke, is sent again under the same ids.
 */
import { credentials, makeGenericClientConstructor, type ServiceError, status } from '@grpc/grpc-js';
import type { Record } from '../../src/foundation/grpc/gen/conveyor/common/Record.ts';
import type { PushAck__Output } from '../../src/foundation/grpc/gen/conveyor/sidecar/PushAck.ts';
import type { PushRecordsResponse__Output } from '../../src/foundation/grpc/gen/conveyor/sidecar/PushRecordsResponse.ts';
import type { SidecarDataPlaneClient } from '../../src/foundation/grpc/gen/conveyor/sidecar/SidecarDataPlane.ts';
import { loadService } from '../protos.ts';
import type { Batch } from './batch.ts';

const DataPlane = makeGenericClientConstructor(
  loadService('conveyor/sidecar.proto', 'conveyor.sidecar.SidecarDataPlane'),
  'SidecarDataPlane',
);
const CHANNEL_OPTIONS = {
  // grpc-js waits up to two minutes by default; a sidecar that restarts is back in seconds
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.keepalive_time_ms': 20_000,
};

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
}

/** What has happened so far. All but `latenciesMs` (one a batch, first send to last ack) count records. */
export interface Totals {
  read: number;
  succeeded: number;
  failed: number;
  resent: number;
  readonly latenciesMs: number[];
}

interface OpenBatch {
  readonly batchId: string;
  records: readonly Record[];
  readonly since: number;
  attempts: number;
  onWire: boolean;
}

/** One source's conversation with its sidecar, over as many streams as it takes. */
export class Pusher {
  readonly totals: Totals = { read: 0, succeeded: 0, failed: 0, resent: 0, latenciesMs: [] };
  readonly #options: PushOptions;
  readonly #client: SidecarDataPlaneClient;
  readonly #open = new Map<string, OpenBatch>();
  #again: OpenBatch[] = [];
  #stream: ReturnType<SidecarDataPlaneClient['PushRecords']> | undefined;
  #failedStreams = 0;
  #credits = 0;
  #paused: NodeJS.Timeout | undefined;
  #full = false;
  #fatal: ServiceError | undefined;
  #wake: () => void = () => undefined;

  constructor(options: PushOptions) {
    this.#options = options;
    this.#client = new DataPlane(
      options.endpoint,
      credentials.createInsecure(),
      CHANNEL_OPTIONS,
    ) as unknown as SidecarDataPlaneClient;
  }

  /** Resolves when all batches are acknowledged. When the signal aborts, no more are read, and open ones finish. */
  async push(batches: AsyncIterable<Batch>, signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    const source = batches[Symbol.asyncIterator]();
    let ended = false;
    this.#connect();
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
      this.#close();
    }
  }

  /** Records that are sent, or wait to be sent again. */
  get openRecords(): number {
    return [...this.#open.values()].reduce((sum, { records }) => sum + records.length, 0);
  }

  #maySend(ended: boolean): boolean {
    const allowed =
      this.#stream !== undefined && !this.#full && this.#credits > 0 && this.#paused === undefined;
    const more = this.#again.length > 0 || (!ended && this.#open.size < this.#options.maxOpenBatches);
    return allowed && more;
  }

  #take({ batchId, records }: Batch): void {
    const batch = { batchId, records, since: performance.now(), attempts: 0, onWire: false };
    this.#open.set(batchId, batch);
    this.totals.read += records.length;
    // the stream may have broken while the batch was read
    if (this.#stream === undefined) this.#again.push(batch);
    else this.#send(batch);
  }

  #send(batch: OpenBatch): void {
    const { batchId, records } = batch;
    if (batch.attempts++ > 0) this.totals.resent += records.length;
    batch.onWire = true;
    // a batch may take the balance below zero: none is too large for the window
    this.#credits -= records.length;
    this.#full = this.#stream?.write({ batch: { batchId, records: [...records] } }) === false;
  }

  #connect(): void {
    const stream = this.#client.PushRecords();
    this.#stream = stream;
    this.#credits = 0;
    this.#full = false;
    this.#resume();
    stream.on('data', (message: PushRecordsResponse__Output) => {
      this.#failedStreams = 0;
      this.#receive(message);
    });
    stream.on('drain', () => {
      this.#full = false;
      this.#wake();
    });
    stream.on('error', (error: ServiceError) => this.#lost(stream, error));
    stream.on('end', () => this.#lost(stream));
    stream.write({ init: { sourceId: this.#options.sourceId, pipelineId: this.#options.pipelineId } });
  }

  #lost(stream: unknown, error?: ServiceError): void {
    if (stream !== this.#stream) return;
    this.#stream = undefined;
    if (error !== undefined && FATAL.has(error.code)) this.#fatal = error;
    // acks that were open on the stream are lost, so all of it is sent again
    const open = [...this.#open.values()].filter(({ onWire }) => onWire);
    for (const batch of open) batch.onWire = false;
    this.#again = [...open, ...this.#again];
    setTimeout(() => {
      if (this.#stream === undefined && this.#fatal === undefined) this.#connect();
    }, backoffMs(this.#failedStreams++));
    this.#wake();
  }

  #receive({ ack, backpressure, credits }: PushRecordsResponse__Output): void {
    if (ack) this.#acknowledge(ack);
    if (credits) this.#credits += credits.granted;
    if (backpressure) {
      this.#resume();
      // the sidecar says when it is over; the time is a fallback
      if (backpressure.pause)
        this.#paused = setTimeout(() => this.#resume(), Math.max(100, backpressure.waitMs * 2));
    }
    this.#wake();
  }

  #resume(): void {
    clearTimeout(this.#paused);
    this.#paused = undefined;
    this.#wake();
  }

  #acknowledge({ batchId, success, recordAcks }: PushAck__Output): void {
    const batch = this.#open.get(batchId);
    if (batch === undefined) return;
    batch.onWire = false;
    const statusOf = new Map(recordAcks.map(({ recordId, status }) => [recordId?.sequenceNumber, status]));
    const retry = batch.records.filter(({ id }) => {
      const status =
        statusOf.get(Number(id?.sequenceNumber)) ?? (success ? 'ACK_STATUS_SUCCESS' : 'ACK_STATUS_RETRY');
      if (status === 'ACK_STATUS_SUCCESS') this.totals.succeeded++;
      if (status === 'ACK_STATUS_FAILED') this.totals.failed++;
      return status !== 'ACK_STATUS_SUCCESS' && status !== 'ACK_STATUS_FAILED';
    });
    if (retry.length === 0) {
      this.#open.delete(batchId);
      this.totals.latenciesMs.push(performance.now() - batch.since);
      return;
    }
    batch.records = retry;
    setTimeout(() => {
      this.#again.push(batch);
      this.#wake();
    }, backoffMs(batch.attempts));
  }

  async #until(check: () => boolean): Promise<void> {
    for (;;) {
      if (this.#fatal !== undefined) throw this.#fatal;
      if (check()) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #close(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#resume();
    stream?.end();
    // the sidecar answers a half-close; one that does not is not waited for
    setTimeout(() => stream?.cancel(), 2_000).unref();
    this.#client.close();
  }
}

/** Exponential with full jitter, so that sources do not come back in step. */
const backoffMs = (attempt: number): number => Math.random() * Math.min(5_000, 100 * 2 ** attempt);
