/** One `PushRecords` stream and its flow control: credits, pauses, and what HTTP/2 itself holds back. */
import { credentials, makeGenericClientConstructor, type ServiceError } from '@grpc/grpc-js';
import type { PushAck__Output } from '../../src/foundation/grpc/gen/conveyor/sidecar/PushAck.ts';
import type { PushInit } from '../../src/foundation/grpc/gen/conveyor/sidecar/PushInit.ts';
import type { PushRecordsResponse__Output } from '../../src/foundation/grpc/gen/conveyor/sidecar/PushRecordsResponse.ts';
import type { SidecarDataPlaneClient } from '../../src/foundation/grpc/gen/conveyor/sidecar/SidecarDataPlane.ts';
import { loadService } from '../protos.ts';
import type { Batch } from './batch.ts';

const DataPlane = makeGenericClientConstructor(
  loadService('conveyor/sidecar.proto', 'conveyor.sidecar.SidecarDataPlane'),
  'SidecarDataPlane',
);

/** A client of the sidecar at `host:port`. */
export function connect(endpoint: string): SidecarDataPlaneClient {
  const options = {
    // grpc-js waits up to two minutes by default; a sidecar that restarts is back in seconds
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
    'grpc.keepalive_time_ms': 20_000,
  };
  return new DataPlane(endpoint, credentials.createInsecure(), options) as unknown as SidecarDataPlaneClient;
}

/** Whom a stream tells what happens on it. */
export interface StreamListener {
  onAck(ack: PushAck__Output): void;
  /** `maySend` may have changed. */
  onFlow(): void;
  /** Once, when the stream is over; acks that were open on it never come. */
  onOver(error?: ServiceError): void;
}

/** A stream from its first message, `init`, to its end. */
export class PushStream {
  readonly #call: ReturnType<SidecarDataPlaneClient['PushRecords']>;
  readonly #listener: StreamListener;
  #over = false;
  #full = false;
  #credits = 0;
  #pause: NodeJS.Timeout | undefined;

  constructor(client: SidecarDataPlaneClient, init: PushInit, listener: StreamListener) {
    this.#listener = listener;
    this.#call = client.PushRecords();
    this.#call.on('data', (message: PushRecordsResponse__Output) => this.#receive(message));
    this.#call.on('drain', () => {
      this.#full = false;
      this.#listener.onFlow();
    });
    this.#call.on('error', (error: ServiceError) => this.#finish(error));
    this.#call.on('end', () => this.#finish());
    this.#call.write({ init });
  }

  /** Whether the sidecar wants another batch. */
  get maySend(): boolean {
    return !this.#over && !this.#full && this.#credits > 0 && this.#pause === undefined;
  }

  /** Sends a batch. It may take the credits below zero: no batch is too large for the window. */
  send({ batchId, records }: Batch): void {
    this.#credits -= records.length;
    this.#full = !this.#call.write({ batch: { batchId, records: [...records] } });
  }

  /** Says that nothing more will come. */
  end(): void {
    this.#over = true;
    this.#resume();
    this.#call.end();
    // the sidecar answers that at once; one that does not is not waited for
    setTimeout(() => this.#call.cancel(), 2_000).unref();
  }

  #receive({ ack, backpressure, credits }: PushRecordsResponse__Output): void {
    if (this.#over) return;
    if (ack) this.#listener.onAck(ack);
    if (credits) this.#credits += credits.granted;
    if (backpressure) this.#resume();
    // the sidecar says when a pause is over; the time is a fallback
    if (backpressure?.pause === true)
      this.#pause = setTimeout(() => this.#resume(), Math.max(100, 2 * backpressure.waitMs));
    this.#listener.onFlow();
  }

  #resume(): void {
    clearTimeout(this.#pause);
    this.#pause = undefined;
    this.#listener.onFlow();
  }

  #finish(error?: ServiceError): void {
    if (this.#over) return;
    this.#over = true;
    this.#resume();
    this.#listener.onOver(error);
  }
}
