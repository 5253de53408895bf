import { type Metadata, type ServerDuplexStream, status } from '@grpc/grpc-js';
import { ConveyorError } from '../../../foundation/errors.ts';
import type { Clock } from '../../../foundation/lifecycle/clock.ts';
import { freeMemory } from '../../../foundation/lifecycle/heap.ts';
import type { Graph } from '../../routing/graph.ts';
import type { BatchOutline } from '../../wire/outline.ts';
import { readPushRecordsRequest } from '../../wire/requests.ts';
import { type BatchAcks, writeBackpressure, writeCredits, writePushAck } from '../../wire/writer.ts';
import type { ByteBudget } from '../byte-budget.ts';
import type { EnteringBatch } from '../flow/flow.ts';
import { concise, heldBytes, MAX_BATCH_RECORDS } from '../limits.ts';
import { Credits } from './credits.ts';
import { admitTo, type Entry, isRefusal, LEAVING, type Refusal, refusalAcks, type Routes } from './door.ts';
import { tracesOf } from './headers.ts';
import { Pauses } from './pauses.ts';

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
  readonly enter: (graph: Graph, entering: EnteringBatch) => Promise<BatchAcks>;
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

interface Ending {
  readonly code: status;
  readonly details: string;
}

const DONE: Ending = { code: status.OK, details: '' };

/** A source is registered by its id: the router has to be able to name it. */
const SOURCE_ID = /^[\x21-\x7e]{1,253}$/;

/** One source's PushRecords stream: batches in, acknowledgements, credits and pauses out. */
export class PushStream {
  readonly #call: PushCall;
  readonly #context: PushContext;
  readonly #pauses: Pauses;
  readonly #credits: Credits;
  readonly #admission: { pipeline: string; hops: 0 } = { pipeline: '', hops: 0 };
  readonly #trace;
  #init: Init | undefined;
  #sourceClosed: (() => void) | undefined;
  #open = 0;
  /** Set when nothing more is taken; the stream ends with it when the last batch is acknowledged. */
  #ending: Ending | undefined;
  #closed = false;
  #whenClosed: () => void = () => undefined;

  constructor(call: PushCall, context: PushContext) {
    this.#call = call;
    this.#context = context;
    this.#trace = tracesOf(call.metadata);
    this.#credits = new Credits(context.credits, (credits) => this.#grant(credits));
    this.#pauses = new Pauses({
      ...context,
      tell: (backpressure) => this.#write(writeBackpressure(backpressure)),
      isAdmitted: () => this.#isAdmitted(),
      waitedForBudget: (pipeline, ms) => context.observer.waitedForBudget(pipeline, ms),
    });
  }

  /** Batches that are taken and not yet acknowledged. */
  get open(): number {
    return this.#open;
  }

  /** Takes the stream up. @param onClosed called once, when it has ended. */
  serve(onClosed: () => void): void {
    this.#whenClosed = onClosed;
    this.#call.on('data', (message: Buffer) => this.#onMessage(message));
    this.#call.on('end', () => this.finish());
    this.#call.on('cancelled', () => this.close());
    this.#call.on('error', () => this.close());
  }

  /** Whether the next message may be read; the gate of this stream. */
  pass(): undefined | Promise<void> {
    if (this.#closed) return undefined;
    const waits = this.#pauses.holding(this.#admission);
    // a source that does not read its acknowledgements is not read either
    if (this.#call.writableNeedDrain) waits.push(drained(this.#call));
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
  }

  /** Takes nothing more, and ends the stream when its last batch is acknowledged. */
  finish(ending: Ending = DONE): void {
    this.#ending ??= ending;
    this.#endIfDone();
  }

  /** Nothing waits for the stream any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pauses.close();
    this.#credits.close();
    this.#sourceClosed?.();
    this.#whenClosed();
  }

  #onMessage(bytes: Buffer): void {
    if (this.#ending !== undefined || this.#closed) return;
    try {
      const message = readPushRecordsRequest(bytes);
      if (message.kind === 'init') this.#onInit(message);
      else if (message.kind === 'batch') this.#onBatch(message.batch, bytes);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #onInit({ sourceId, pipelineId }: Init): void {
    if (this.#init !== undefined)
      throw new ConveyorError('INVALID_ARGUMENT', 'a second PushInit on one stream');
    if (!SOURCE_ID.test(sourceId)) {
      throw new ConveyorError(
        'INVALID_ARGUMENT',
        'PushInit.source_id must have 1 to 253 printable characters',
      );
    }
    this.#init = { sourceId, pipelineId };
    this.#sourceClosed = this.#context.sourceOpened(sourceId);
    if (this.#sourceClosed === undefined) {
      throw new ConveyorError(
        'RESOURCE_EXHAUSTED',
        `source "${sourceId}": this pod has too many sources already`,
      );
    }
    // an unknown pipeline is no fault: its assignment may be on its way
    const entry = this.#entryFor(this.#init);
    if (isRefusal(entry)) this.#pauses.refused(entry);
    this.#credits.open();
  }

  #onBatch(batch: BatchOutline, message: Buffer): void {
    if (this.#init === undefined) throw new ConveyorError('INVALID_ARGUMENT', 'a batch before PushInit');
    if (batch.records.length > MAX_BATCH_RECORDS) {
      const held = `batch "${batch.batchId}" has ${batch.records.length} records`;
      throw new ConveyorError('INVALID_ARGUMENT', `${held}: send at most ${MAX_BATCH_RECORDS} in one`);
    }
    this.#context.observer.received(message.length);
    const entry = this.#entryFor(this.#init);
    if (isRefusal(entry)) this.#refuse(batch, entry);
    else this.#take(batch, message, entry);
  }

  /** Where the records enter, by the newest routes. @throws ConveyorError INVALID_ARGUMENT when that is not clear. */
  #entryFor(init: Init): Entry | Refusal {
    const entry = this.#context.routes.entry(init);
    this.#admission.pipeline = entry?.graph.pipelineId ?? '';
    return this.#context.leaving() ? LEAVING : admitTo(entry, nameOf(init));
  }

  #take(batch: BatchOutline, message: Buffer, { graph, source }: Entry): void {
    this.#pauses.admitted();
    this.#open++;
    const { budget } = this.#context;
    const bytes = heldBytes(message.length, batch.records);
    const held = budget.hold(this.#admission, bytes, () => freeMemory(message));
    void this.#context
      .enter(graph, {
        batch,
        next: source.next,
        hops: 0,
        trace: this.#trace,
        forwards: true,
        answerBy: Infinity,
        leftMs: this.#context.batchTimeoutMs,
      })
      .then((acks) => {
        this.#open--;
        this.#acknowledge(batch, acks);
        held.release();
        this.#endIfDone();
      });
  }

  /** RETRY for all of it, and a pause: a source that sends it again at once would only be refused again. */
  #refuse(batch: BatchOutline, refusal: Refusal): void {
    this.#context.observer.refused(refusal);
    // the pause comes first: a source that sends again as soon as it is answered knows it by then
    this.#pauses.refused(refusal);
    this.#acknowledge(batch, refusalAcks(batch.records, refusal));
  }

  #acknowledge({ batchId }: BatchOutline, acks: BatchAcks): void {
    this.#write(writePushAck(batchId, concise(acks)));
    if (!this.#closed) this.#credits.giveBack(acks.records.length, this.#open === 0);
  }

  #grant(credits: number): void {
    if (this.#context.leaving()) return;
    this.#context.observer.granted(this.#admission.pipeline, credits);
    this.#write(writeCredits(credits));
  }

  /** Whether the source would be let in now; when that is not clear any more, the stream ends. */
  #isAdmitted(): boolean {
    if (this.#init === undefined || this.#ending !== undefined) return false;
    try {
      return !isRefusal(this.#entryFor(this.#init));
    } catch (thrown) {
      this.#fail(thrown);
      return false;
    }
  }

  #write(message: Buffer): void {
    if (!this.#closed) this.#call.write(message);
  }

  #fail(thrown: unknown): void {
    const { grpcStatus, message } = ConveyorError.from(thrown);
    this.finish({ code: grpcStatus, details: message });
  }

  #endIfDone(): void {
    if (this.#ending === undefined || this.#open > 0 || this.#closed) return;
    if (this.#ending.code === status.OK) this.#call.end();
    else this.#call.emit('error', this.#ending);
    this.close();
  }
}

function nameOf({ sourceId, pipelineId }: Init): string {
  return pipelineId === '' ? `a pipeline with source "${sourceId}"` : `pipeline "${pipelineId}"`;
}

function drained(call: PushCall): Promise<void> {
  return new Promise((resolve) => {
    call.once('drain', resolve);
  });
}

/** Push streams by the headers that they came with: the gate knows a call by them alone. */
export type StreamsByHeaders = WeakMap<Metadata, PushStream>;
