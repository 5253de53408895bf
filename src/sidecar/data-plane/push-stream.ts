import { type Metadata, type ServerDuplexStream, status } from '@grpc/grpc-js';
import { ConveyorError } from '../../foundation/errors.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import type { BatchOutline } from '../wire/outline.ts';
import { readPushRecordsRequest } from '../wire/requests.ts';
import { type RecordAckEntry, writeBackpressure, writeCredits, writePushAck } from '../wire/writer.ts';
import type { Admission, ByteBudget, Held, Wait } from './byte-budget.ts';
import { LEAVING, type Refusal, refusalAcks, refusalOf, type Routes } from './door.ts';
import type { EnteringBatch } from './flow.ts';
import type { Graph } from '../routing/graph.ts';
import { tracesOf } from './headers.ts';

/** The stream as grpc-js gives it, messages encoded. */
export type PushCall = ServerDuplexStream<Buffer, Buffer>;

/** What a push stream stands on. */
export interface PushContext {
  readonly clock: Clock;
  readonly routes: Routes;
  readonly budget: ByteBudget;
  /** Records that a source may have unacknowledged before it should wait. */
  readonly credits: number;
  readonly batchTimeoutMs: number;
  /** Runs a batch that was let in. */
  readonly enter: (graph: Graph, entering: EnteringBatch) => Promise<RecordAckEntry[]>;
  /** @returns to be called when the stream ends; undefined: too many sources. */
  readonly sourceOpened: (sourceId: string) => (() => void) | undefined;
  readonly observer: PushObserver;
  /** Whether the sidecar takes nothing from sources any more. */
  readonly leaving: () => boolean;
}

/** What happens on push streams that someone may count. */
export interface PushObserver {
  received(bytes: number): void;
  refused(refusal: Refusal): void;
  granted(pipeline: string, credits: number): void;
  waitedForBudget(pipeline: string, ms: number): void;
}

interface Init {
  readonly sourceId: string;
  readonly pipelineId: string;
}

/** Credits are granted again in portions of this share of them, each a message; at once when nothing is open. */
const GRANT_SHARE = 1 / 8;
/** A source that was refused is read again after so long. */
const REFUSED_PAUSE_MS = 100;
/** A wait for the budget that lasts longer is told to the source. */
const SILENT_WAIT_MS = 100;

/** One source's PushRecords stream: batches in, acknowledgements, credits and pauses out. */
export class PushStream {
  readonly #call: PushCall;
  readonly #context: PushContext;
  readonly #admission: { pipeline: string; hops: 0 } = { pipeline: '', hops: 0 };
  readonly #trace;
  #init: Init | undefined;
  #sourceClosed: (() => void) | undefined;
  #open = 0;
  /** Credits that acknowledgements freed and that are not granted yet. */
  #freed = 0;
  #paused = false;
  #refusal: NodeJS.Timeout | undefined;
  #resumed: Promise<void> | undefined;
  #slowed: NodeJS.Timeout | undefined;
  #wait: Wait | undefined;
  /** Set when nothing more is taken; the stream ends with it when the last batch is acknowledged. */
  #ending: { code: status; details: string } | undefined;
  #closed = false;
  #whenClosed: () => void = () => undefined;

  constructor(call: PushCall, context: PushContext) {
    this.#call = call;
    this.#context = context;
    this.#trace = tracesOf(call.metadata);
  }

  /** Batches that are taken and not yet acknowledged. */
  get open(): number {
    return this.#open;
  }

  /** Takes the stream up. @param onClosed called once, when it has ended. */
  serve(onClosed: () => void): void {
    this.#whenClosed = onClosed;
    this.#call.on('data', (message: Buffer) => this.#onMessage(message));
    this.#call.on('end', () => this.#finish({ code: status.OK, details: '' }));
    this.#call.on('cancelled', () => this.#onClosed());
    this.#call.on('error', () => this.#onClosed());
  }

  /** Ends the stream when its last batch is acknowledged. */
  finish(): void {
    this.#finish({ code: status.OK, details: '' });
  }

  /** Whether the next message may be read; the gate of this stream. */
  pass(): undefined | Promise<void> {
    if (this.#closed) return undefined;
    const reasons = [this.#resumed, this.#drained(), this.#admitted()].filter((wait) => wait !== undefined);
    return reasons.length === 0 ? undefined : Promise.all(reasons).then(() => undefined);
  }

  /** Nothing waits for the stream any more. */
  close(): void {
    this.#onClosed();
  }

  #onMessage(bytes: Buffer): void {
    if (this.#ending !== undefined || this.#closed) return;
    try {
      const message = readPushRecordsRequest(bytes);
      if (message.kind === 'init') this.#onInit(message);
      else if (message.kind === 'batch') this.#onBatch(message.batch, bytes.length);
    } catch (thrown) {
      const error = ConveyorError.from(thrown);
      this.#finish({ code: error.grpcStatus, details: error.message });
    }
  }

  #onInit({ sourceId, pipelineId }: Init): void {
    if (this.#init !== undefined)
      throw new ConveyorError('INVALID_ARGUMENT', 'a second PushInit on one stream');
    this.#init = { sourceId, pipelineId };
    this.#sourceClosed = this.#context.sourceOpened(sourceId);
    if (this.#sourceClosed === undefined) {
      throw new ConveyorError(
        'RESOURCE_EXHAUSTED',
        `source "${sourceId}": this pod has too many sources already`,
      );
    }
    const entry = this.#context.routes.entry(this.#init);
    this.#admission.pipeline = entry?.graph.pipelineId ?? '';
    // an unknown pipeline is no fault: its assignment may be on its way
    const refusal = refusalOf(entry, nameOf(this.#init));
    if (refusal !== undefined) this.#holdBack(refusal);
    this.#grant(this.#context.credits);
  }

  #onBatch(batch: BatchOutline, bytes: number): void {
    const init = this.#init;
    if (init === undefined) throw new ConveyorError('INVALID_ARGUMENT', 'a batch before PushInit');
    this.#context.observer.received(bytes);
    const entry = this.#context.routes.entry(init);
    this.#admission.pipeline = entry?.graph.pipelineId ?? '';
    const refusal = this.#context.leaving() ? LEAVING : refusalOf(entry, nameOf(init));
    if (entry === undefined || refusal !== undefined) {
      this.#refuse(batch, refusal ?? LEAVING);
      return;
    }
    if (this.#refusal === undefined) this.#unpause();
    const held: Held = this.#context.budget.hold(this.#admission, bytes);
    this.#open++;
    void this.#context
      .enter(entry.graph, {
        batch,
        next: entry.source.next,
        hops: 0,
        trace: this.#trace,
        forwards: true,
        answerBy: Infinity,
        leftMs: this.#context.batchTimeoutMs,
        held,
      })
      .then((acks) => this.#acknowledge(batch, acks));
  }

  #acknowledge({ batchId }: BatchOutline, acks: readonly RecordAckEntry[]): void {
    this.#open--;
    this.#write(writePushAck({ batchId, acks }));
    this.#giveBack(acks.length);
    this.#endIfDone();
  }

  /** RETRY for all of it, and a pause: a source that sends it again at once would only be refused again. */
  #refuse({ batchId, records }: BatchOutline, refusal: Refusal): void {
    this.#context.observer.refused(refusal);
    // the pause comes first: a source that sends again as soon as it is answered knows it by then
    this.#holdBack(refusal);
    this.#write(writePushAck({ batchId, acks: refusalAcks(records, refusal) }));
    this.#giveBack(records.length);
  }

  /** What was freed is granted again: not with every batch, but before the source could wait for it. */
  #giveBack(records: number): void {
    if (this.#context.leaving()) return;
    this.#freed += records;
    if (this.#open > 0 && this.#freed < this.#context.credits * GRANT_SHARE) return;
    this.#grant(this.#freed);
    this.#freed = 0;
  }

  /** Has the source pause; one that goes on all the same is read slowly. */
  #holdBack({ code, error }: Refusal): void {
    if (this.#refusal === undefined) {
      this.#pause(REFUSED_PAUSE_MS, `${code}: ${error}`);
      this.#lookLater();
    }
    this.#resumed ??= new Promise((resolve) => {
      this.#slowed = setTimeout(() => {
        this.#resumed = undefined;
        resolve();
      }, REFUSED_PAUSE_MS);
    });
  }

  #lookLater(): void {
    this.#refusal = setTimeout(() => {
      this.#refusal = undefined;
      this.#tryAgain();
    }, REFUSED_PAUSE_MS);
  }

  /** A source that obeys the pause sends nothing: it is told when its pipeline takes records again. */
  #tryAgain(): void {
    if (this.#closed || this.#init === undefined || !this.#paused || this.#context.leaving()) return;
    try {
      const entry = this.#context.routes.entry(this.#init);
      if (refusalOf(entry, nameOf(this.#init)) === undefined) this.#unpause();
      else this.#lookLater();
    } catch (thrown) {
      const error = ConveyorError.from(thrown);
      this.#finish({ code: error.grpcStatus, details: error.message });
    }
  }

  #pause(waitMs: number, reason: string): void {
    this.#paused = true;
    this.#write(writeBackpressure({ pause: true, waitMs, reason }));
  }

  #unpause(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#write(writeBackpressure({ pause: false, waitMs: 0, reason: '' }));
  }

  #grant(credits: number): void {
    if (credits === 0) return;
    this.#context.observer.granted(this.#admission.pipeline, credits);
    this.#write(writeCredits(credits));
  }

  #admitted(): undefined | Promise<void> {
    const admission: Admission = this.#admission;
    const wait = this.#context.budget.admit({ ...admission });
    if (wait === undefined) return undefined;
    this.#wait = wait;
    const startedAt = this.#context.clock.now();
    const telling = setTimeout(
      () => this.#pause(0, 'the byte budget of the sidecar is used up'),
      SILENT_WAIT_MS,
    );
    return wait.admitted.then(() => {
      clearTimeout(telling);
      this.#wait = undefined;
      this.#context.observer.waitedForBudget(admission.pipeline, this.#context.clock.now() - startedAt);
      if (this.#refusal === undefined) this.#unpause();
    });
  }

  /** A source that does not read its acknowledgements is not read either. */
  #drained(): undefined | Promise<void> {
    if (!this.#call.writableNeedDrain) return undefined;
    return new Promise((resolve) => {
      this.#call.once('drain', resolve);
    });
  }

  #write(message: Buffer): void {
    if (!this.#closed) this.#call.write(message);
  }

  #finish(ending: { code: status; details: string }): void {
    this.#ending ??= ending;
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#ending === undefined || this.#open > 0 || this.#closed) return;
    const { code, details } = this.#ending;
    if (code === status.OK) this.#call.end();
    else this.#call.emit('error', { code, details });
    this.#onClosed();
  }

  #onClosed(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#refusal);
    clearTimeout(this.#slowed);
    this.#wait?.abandon();
    this.#sourceClosed?.();
    this.#whenClosed();
  }
}

function nameOf({ sourceId, pipelineId }: Init): string {
  return pipelineId === '' ? `a pipeline with source "${sourceId}"` : `pipeline "${pipelineId}"`;
}

/** Push streams by the headers that they came with: the gate knows a call by them alone. */
export type StreamsByHeaders = WeakMap<Metadata, PushStream>;
