import type { CallLimits } from '../../routing/call.ts';
import { readRecordType } from '../../wire/batch.ts';
import { failed, type Outcome } from '../../wire/outcome.ts';
import { DEADLINE, type HopContext, runHop } from './hop.ts';
import { type LaneCall, LaneQueue } from './lanes.ts';
import { isLast, type Parcel, type Part } from './run.ts';

/** What waiting cost, told once a parcel. */
export interface WaitObserver {
  waited(stageId: string, laneMs: number, placeMs: number): void;
}

/**
 * While a call is in flight, another one beside it is worth its cost for what has waited half as long as a call takes,
 * or `maxMs`, or for so many records: a stage that keeps up gets few large calls, one that is slow all of its places.
 */
const GATHER = { share: 0.5, maxMs: 10, records: 1_000 };

/** Takes what comes to one stage of one graph, and keeps as many calls going as the stage has places. */
export class StageRunner {
  readonly #context: HopContext;
  readonly #waits: WaitObserver;
  readonly #queue: LaneQueue;
  #pumping = false;
  #calls = 0;
  /** What a call usually takes: a moving average. */
  #callMs = 0;
  #gathering: NodeJS.Timeout | undefined;

  constructor(context: HopContext, waits: WaitObserver) {
    this.#context = context;
    this.#waits = waits;
    this.#queue = new LaneQueue(context.stage.config.length);
  }

  /** Records that wait. */
  get buffered(): number {
    return this.#queue.records;
  }

  /** Takes a parcel; its records are settled in time. */
  add(parcel: Parcel): void {
    parcel.run.waiting.add(parcel);
    if (this.#queue.add(parcel, this.#context.clock.now())) this.#wake();
  }

  /** Gives back what waits of a parcel; what is in a call already ends there. */
  expire(parcel: Parcel): void {
    this.#queue.remove(parcel, this.#context.clock.now());
    parcel.run.waiting.delete(parcel);
    const rest: Part = { parcel, from: parcel.taken, to: parcel.records.length };
    parcel.taken = rest.to;
    this.#context.settle(rest, new Array<Outcome>(rest.to - rest.from).fill(DEADLINE));
    if (this.#queue.hasReady) this.#wake();
  }

  #wake(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    void this.#pump();
  }

  async #pump(): Promise<void> {
    const { caller, clock, graph, stage, signal } = this.#context;
    while (this.#queue.hasReady && !signal.aborted && !this.#gathers()) {
      const tried = new Set<string>();
      const acquired = caller.acquire(graph, stage, tried, signal);
      const target = acquired instanceof Promise ? await acquired.catch(() => undefined) : acquired;
      // only the signal ends the wait, and then what waits is expired
      if (target === undefined) break;
      const call = this.#queue.take(target.limits, clock.now());
      if (call === undefined) target.release();
      else void this.#run(call, { target, tried });
    }
    this.#pumping = false;
  }

  /** Whether what is ready waits a little longer; then it is looked at again. */
  #gathers(): boolean {
    if (this.#calls === 0 || this.#queue.records >= GATHER.records) return false;
    const gatherMs = Math.min(this.#callMs * GATHER.share, GATHER.maxMs);
    const leftMs = this.#queue.readySince + gatherMs - this.#context.clock.now();
    if (leftMs <= 0) return false;
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#wake();
    }, leftMs);
    return true;
  }

  async #run(call: LaneCall, first: Parameters<typeof runHop>[2]): Promise<void> {
    const { clock } = this.#context;
    const startedAt = clock.now();
    this.#calls++;
    for (const part of call.parts) this.#noteTaken(part, startedAt);
    const parts = this.#screened(call.parts, first.target.limits);
    if (parts.length > 0) await runHop(this.#context, parts, first);
    else first.target.release();
    this.#calls--;
    const endedAt = clock.now();
    this.#callMs += (endedAt - startedAt - this.#callMs) / 8;
    this.#queue.release(call, endedAt);
    if (this.#queue.hasReady) this.#wake();
  }

  #noteTaken(part: Part, now: number): void {
    const { parcel } = part;
    if (isLast(part)) parcel.run.waiting.delete(parcel);
    if (part.from === 0) {
      this.#waits.waited(this.#context.stage.id, parcel.readyAt - parcel.queuedAt, now - parcel.readyAt);
    }
  }

  /** Settles records of types that the stage does not list, and gives the others. */
  #screened(parts: readonly Part[], { recordTypes }: CallLimits): readonly Part[] {
    if (recordTypes.size === 0) return parts;
    return parts
      .flatMap((part) => runsOfOneKind(part, recordTypes))
      .filter(({ part, taken }) => {
        if (!taken) this.#context.settle(part, unsupported(part));
        return taken;
      })
      .map(({ part }) => part);
  }
}

/** Cuts a part where the stage's taste changes. */
function runsOfOneKind(
  { parcel, from, to }: Part,
  recordTypes: ReadonlySet<string>,
): { part: Part; taken: boolean }[] {
  const runs: { part: { parcel: Parcel; from: number; to: number }; taken: boolean }[] = [];
  for (let i = from; i < to; i++) {
    const record = parcel.records[i];
    const taken = record !== undefined && recordTypes.has(readRecordType(record));
    const current = runs.at(-1);
    if (current?.taken === taken) current.part.to = i + 1;
    else runs.push({ part: { parcel, from: i, to: i + 1 }, taken });
  }
  return runs;
}

function unsupported({ parcel, from, to }: Part): Outcome[] {
  return parcel.records
    .slice(from, to)
    .map((record) =>
      failed('RECORD_TYPE_UNSUPPORTED', `the stage does not list the type "${readRecordType(record)}"`),
    );
}
