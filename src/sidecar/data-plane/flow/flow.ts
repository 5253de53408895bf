import type { Clock } from '../../../foundation/lifecycle/clock.ts';
import { Roster } from '../../../foundation/lifecycle/roster.ts';
import type { StageCall } from '../../routing/call.ts';
import type { Graph, Stage } from '../../routing/graph.ts';
import type { Outcome } from '../../wire/outcome.ts';
import type { BatchOutline, RecordOutline } from '../../wire/outline.ts';
import type { AckException, BatchAcks } from '../../wire/writer.ts';
import type { ByteBudget } from '../byte-budget.ts';
import { emptyTally, type Ledger } from '../ledger.ts';
import { heldBytes } from '../limits.ts';
import { Acknowledgement } from './acknowledgement.ts';
import { DEADLINE, type HopObserver, type OutputSource, type StageCaller } from './hop.ts';
import { joinsOf } from './joins.ts';
import { RetryBudget } from './retry-budget.ts';
import { isLast, lanesOf, ownRoots, type Parcel, type Part, type Run } from './run.ts';
import { branchOut, type Made, settleEnded } from './settling.ts';
import { StageRunner, type WaitObserver } from './stage-runner.ts';

/** What a flow stands on. */
export interface FlowContext {
  readonly clock: Clock;
  readonly caller: StageCaller & { hasLocal(graph: Graph, stage: Stage): boolean };
  readonly budget: ByteBudget;
  readonly ledger: Ledger;
  readonly observer: HopObserver & WaitObserver;
  readonly newBatchId: () => string;
}

/** A batch that was let in; what it lies in is to stay until its acknowledgement is written. */
export interface EnteringBatch {
  readonly batch: BatchOutline;
  /** Ids of the stages that it goes to first. */
  readonly next: readonly string[];
  readonly hops: number;
  readonly trace: StageCall['trace'];
  readonly forwards: boolean;
  /** Monotonic milliseconds; Infinity where `leftMs` alone bounds it. */
  readonly answerBy: number;
  /** Milliseconds of calls and retries that each path has. */
  readonly leftMs: number;
}

/** Everything that runs on one graph: the stages' queues and the batches that are on their way. */
export class Flow {
  readonly graph: Graph;
  readonly #context: FlowContext;
  /** Stages that a batch comes to by several ways. */
  readonly #joins: ReadonlySet<string>;
  readonly #runs = new Roster<Run>();
  #over = new AbortController();
  #runners = new Map<string, StageRunner>();

  constructor(graph: Graph, context: FlowContext) {
    this.graph = graph;
    this.#context = context;
    this.#joins = joinsOf(graph);
    this.#begin();
  }

  /** Whether nothing is on its way. */
  get idle(): boolean {
    return this.#runs.size === 0;
  }

  /** Records that wait, by stage. */
  buffered(): { stage: string; records: number }[] {
    return [...this.#runners].map(([stage, { buffered }]) => ({ stage, records: buffered }));
  }

  /** Runs a batch. Resolves to the fate of each record, when the last is decided. */
  enter(entering: EnteringBatch): Promise<BatchAcks> {
    const { batch, next } = entering;
    const { records } = batch;
    if (records.length === 0) return Promise.resolve({ records, exceptions: new Map() });
    return new Promise((resolve) => {
      const acknowledgement = new Acknowledgement(records, next.length, () => {
        clearTimeout(timer);
        leave();
        closed();
        resolve(acknowledgement);
      });
      const run = this.#runOf(entering, acknowledgement);
      const timer = this.#watch(run);
      const leave = this.#runs.add(run);
      const closed = this.#context.ledger.open(acknowledgement);
      this.#begun(run, entering);
    });
  }

  /** Gives back all that is on its way: what waits at once, what is in a call as its call is cancelled. */
  expire(): void {
    const over = this.#over;
    const runners = this.#runners;
    this.#begin();
    this.#runs.forEach((run) => expireWaiting(run, runners));
    over.abort();
  }

  /** Fresh queues: what was in the old ones ends there. */
  #begin(): void {
    this.#over = new AbortController();
    const { clock, caller, observer, newBatchId } = this.#context;
    this.#runners = new Map(
      [...this.graph.stages.values()].map((stage) => {
        const retries = new RetryBudget(clock);
        const settle = this.#settle.bind(this);
        const common = { graph: this.graph, stage, caller, clock, retries, observer, newBatchId, settle };
        return [stage.id, new StageRunner({ ...common, signal: this.#over.signal }, observer)];
      }),
    );
  }

  #runOf({ batch, hops, trace, forwards, answerBy }: EnteringBatch, acknowledgement: Acknowledgement): Run {
    const lanes = this.graph.ordered ? lanesOf(batch.records) : [];
    return {
      graph: this.graph,
      hops,
      trace,
      forwards,
      lanes,
      answerBy,
      acknowledgement,
      waiting: new Set(),
      over: false,
    };
  }

  #watch(run: Run): NodeJS.Timeout | undefined {
    if (run.answerBy === Infinity) return undefined;
    return setTimeout(
      () => expireWaiting(run, this.#runners),
      Math.max(0, run.answerBy - this.#context.clock.now()),
    );
  }

  #begun(run: Run, { batch, next, leftMs }: EnteringBatch): void {
    const { ledger } = this.#context;
    const { records } = batch;
    ledger.add({ ...emptyTally(), entered: records.length, derived: records.length * (next.length - 1) });
    const nameless = records.some(({ id }) => id === undefined);
    const kept = nameless ? records.filter(({ id }) => id !== undefined) : records;
    const all = ownRoots(records.length);
    const roots = nameless ? all.filter((index) => records[index]?.id !== undefined) : all;
    const inLanes = run.lanes.length > 0;
    const parcel = {
      run,
      records: kept,
      roots,
      inLanes,
      leftMs,
      watermark: batch.watermark,
      held: undefined,
    };
    // a batch that lost a record at the door is not the sender's any more
    if (kept.length > 0) this.#send(next, { ...parcel, batchId: nameless ? '' : batch.batchId });
    if (nameless) this.#refuseNameless(run, records, next.length);
  }

  #refuseNameless({ acknowledgement }: Run, records: readonly RecordOutline[], copies: number): void {
    const nameless = [...records.keys()].filter((index) => records[index]?.id === undefined);
    this.#context.ledger.add({ ...emptyTally(), failed: nameless.length * copies });
    for (const index of nameless) {
      for (let copy = 0; copy < copies; copy++) {
        acknowledgement.settle(index, NAMELESS);
      }
    }
  }

  #send(next: readonly string[], parcel: Omit<Parcel, 'stage' | ProgressField>): void {
    const now = this.#context.clock.now();
    for (const id of next) {
      const stage = this.graph.stages.get(id);
      if (stage === undefined) continue;
      // what comes to a stage by several ways is several batches: a sink may tell batches apart by their ids
      const batchId = this.#joins.has(id) ? '' : parcel.batchId;
      const sent = {
        ...parcel,
        batchId,
        stage,
        taken: 0,
        settled: 0,
        firstIn: 0,
        queuedAt: now,
        readyAt: now,
      };
      if (!parcel.run.over) this.#runners.get(id)?.add(sent);
      else
        this.#settle(
          { parcel: sent, from: 0, to: sent.records.length },
          sent.records.map(() => DEADLINE),
        );
    }
  }

  /** Stages that the outputs of a stage go to. */
  #nextOf({ forwards }: Run, { next }: Stage): readonly string[] {
    if (forwards) return next;
    // a peer that sends the batch to every stage by itself sends it to those that are not here
    return next.filter((id) => {
      const stage = this.graph.stages.get(id);
      return stage !== undefined && this.#context.caller.hasLocal(this.graph, stage);
    });
  }

  #settle(part: Part, outcomes: readonly Outcome[], source?: OutputSource): void {
    const { parcel } = part;
    const { run, stage } = parcel;
    const next = this.#nextOf(run, stage);
    const made = branchOut(part, outcomes, next.length);
    this.#context.ledger.add(made.tally);
    if (made.outputs.length > 0) this.#sendOutputs(part, next, made, source);
    parcel.settled += outcomes.length;
    if (parcel.settled === parcel.records.length) parcel.held?.release();
    settleEnded(part, outcomes, next.length > 0);
  }

  #sendOutputs(part: Part, next: readonly string[], made: Made, source?: OutputSource): void {
    const { parcel } = part;
    const { outputs, roots, inLanes } = made;
    const { run } = parcel;
    const lender = made.borrows ? parcel.held : undefined;
    lender?.retain();
    source?.message.retain();
    const held = this.#context.budget.hold(
      { pipeline: this.graph.pipelineId, hops: run.hops },
      heldBytes(source?.bytes ?? 0, outputs),
      () => {
        source?.message.release();
        lender?.release();
      },
    );
    for (let copy = 1; copy < next.length; copy++) held.retain();
    this.#send(next, {
      run,
      records: outputs,
      roots,
      inLanes,
      batchId: part.from === 0 && isLast(part) ? parcel.batchId : '',
      watermark: isLast(part) ? parcel.watermark : undefined,
      held,
      leftMs: parcel.leftMs,
    });
  }
}

type ProgressField = 'taken' | 'settled' | 'firstIn' | 'queuedAt' | 'readyAt';

const NAMELESS: AckException = {
  status: 'failed',
  code: 'RECORD_ID_MISSING',
  error: 'the record has no id',
};

function expireWaiting(run: Run, runners: ReadonlyMap<string, StageRunner>): void {
  run.over = true;
  for (const parcel of [...run.waiting]) runners.get(parcel.stage.id)?.expire(parcel);
}
