import { backoffMs } from '../../../foundation/lifecycle/backoff.ts';
import type { Clock } from '../../../foundation/lifecycle/clock.ts';
import type { SharedMessage, StageAnswer, StageCall, Target } from '../../routing/call.ts';
import type { Graph, Stage } from '../../routing/graph.ts';
import { type Outcome, returned } from '../../wire/outcome.ts';
import type { RecordOutline } from '../../wire/outline.ts';
import type { RetryBudget } from './retry-budget.ts';
import { isLast, leftMs, type Part } from './run.ts';
import { judge } from './verdict.ts';

/** Where a stage is called; what the data plane needs of routing. */
export interface StageCaller {
  /** Holds a target for one call. @param tried endpoints at which the call has failed. */
  acquire(graph: Graph, stage: Stage, tried: Set<string>, signal: AbortSignal): Target | Promise<Target>;
  /** Whether the graph is still the one that is assigned. */
  isCurrent(graph: Graph): boolean;
}

/** What happens in a hop that someone may count. */
export interface HopObserver {
  called(stage: Stage, ms: number, answer: StageAnswer): void;
  retried(stage: Stage): void;
}

/** The answer that outputs are read from, and their share of its bytes. */
export interface OutputSource {
  readonly message: SharedMessage;
  readonly bytes: number;
}

/** Takes the outcomes of some records of a parcel. */
export type Settle = (part: Part, outcomes: readonly Outcome[], source?: OutputSource) => void;

/** What a hop stands on. */
export interface HopContext {
  readonly graph: Graph;
  readonly stage: Stage;
  readonly caller: StageCaller;
  readonly clock: Clock;
  readonly retries: RetryBudget;
  readonly observer: HopObserver;
  readonly newBatchId: () => string;
  /** Aborts when the time of all that runs on the graph is over. */
  readonly signal: AbortSignal;
  readonly settle: Settle;
}

const BACKOFF = { baseMs: 50, maxMs: 2_000 };
/** What a call is given less than its sender has: a tenth, so that the answer still arrives (semantics.md, "Deadlines"). */
const HANDED_DOWN = { share: 0.9, minMs: 50 };

function handedDownMs(left: number): number {
  return Math.min(left * HANDED_DOWN.share, left - HANDED_DOWN.minMs);
}

/** Has a stage run some records, to the end: every record is settled when this resolves. Never rejects. */
export async function runHop(context: HopContext, parts: readonly Part[], first: FirstTarget): Promise<void> {
  context.retries.earn();
  await new Hop(context, first.tried).deliver(parts, first.target, false);
}

/** The target that was free when the call was put together. */
export interface FirstTarget {
  readonly target: Target;
  /** The set that it was acquired with. */
  readonly tried: Set<string>;
}

class Hop {
  readonly #context: HopContext;
  readonly #tried: Set<string>;

  constructor(context: HopContext, tried: Set<string>) {
    this.#context = context;
    this.#tried = tried;
  }

  async deliver(all: readonly Part[], firstTarget: Target | undefined, divided: boolean): Promise<void> {
    const { caller, graph, stage, signal } = this.#context;
    const isOver = (): boolean => signal.aborted;
    let target = firstTarget;
    let parts = all;
    let last: Outcome = returned(
      'DEADLINE',
      'the time for the batch was over before the stage could be called',
    );
    for (let attempt = 0; ; attempt++) {
      parts = this.#inTime(parts, last);
      if (parts.length === 0 || isOver()) {
        target?.release();
        this.#settleAll(parts, DEADLINE);
        return;
      }
      try {
        target ??= await caller.acquire(graph, stage, this.#tried, signal);
      } catch {
        // only the signal ends the wait for a target
        this.#settleAll(parts, DEADLINE);
        return;
      }
      const answer = await this.#call(parts, target);
      target = undefined;
      if (answer.kind === 'answered') {
        this.#distribute(parts, answer);
        return;
      }
      if (isOver()) continue;
      const verdict = judge(answer, { attempt, divided, outdated: !caller.isCurrent(graph) });
      switch (verdict.kind) {
        case 'settle':
          this.#settleAll(parts, verdict.outcome);
          return;
        case 'divide':
          await this.#divide(parts, verdict.single);
          return;
        case 'retry':
          // the last tries have hardly any time: that they ran out of it tells less than what failed before
          if (attempt === 0 || answer.error.code !== 'DEADLINE_EXCEEDED') last = verdict.otherwise;
          if (answer.elsewhere || (await this.#mayRetry(parts, attempt))) break;
          this.#settleAll(parts, last);
          return;
      }
    }
  }

  async #call(parts: readonly Part[], target: Target): Promise<StageAnswer> {
    const { clock, observer, stage } = this.#context;
    const startedAt = clock.now();
    const answer = await target.call(this.#callOf(parts, startedAt));
    target.release();
    const ms = clock.now() - startedAt;
    spend(parts, ms);
    observer.called(stage, ms, answer);
    return answer;
  }

  #callOf(parts: readonly Part[], now: number): StageCall {
    const { graph, stage, signal, newBatchId } = this.#context;
    const first = parts[0];
    const whole = parts.length === 1 && first?.from === 0 && isLast(first) && first.parcel.batchId !== '';
    const last = parts.at(-1);
    return {
      graph,
      stage,
      records: recordsOf(parts),
      batchId: whole ? first.parcel.batchId : newBatchId(),
      watermark: last !== undefined && isLast(last) ? last.parcel.watermark : undefined,
      hops: Math.max(...parts.map(({ parcel }) => parcel.run.hops)),
      trace: first?.parcel.run.trace ?? [],
      timeoutMs: handedDownMs(Math.min(...parts.map(({ parcel }) => leftMs(parcel, now)))),
      signal,
    };
  }

  /** Settles what has no time left for a call, and gives the rest. */
  #inTime(parts: readonly Part[], outcome: Outcome): readonly Part[] {
    const now = this.#context.clock.now();
    const isLate = ({ parcel }: Part): boolean => handedDownMs(leftMs(parcel, now)) < 1;
    if (!parts.some(isLate)) return parts;
    this.#settleAll(parts.filter(isLate), outcome);
    return parts.filter((part) => !isLate(part));
  }

  async #mayRetry(parts: readonly Part[], attempt: number): Promise<boolean> {
    const { clock, retries, observer, stage, signal } = this.#context;
    if (!retries.spend()) return false;
    observer.retried(stage);
    const now = clock.now();
    // who waits for the answer must not wait longer than it has time
    const leastMs = Math.min(...parts.map(({ parcel }) => leftMs(parcel, now)));
    const waitMs = Math.max(0, Math.min(backoffMs(attempt, BACKOFF), leastMs / 2));
    // an abort ends the wait; the next round sees it
    await clock.sleep(waitMs, signal).catch(() => undefined);
    spend(parts, waitMs);
    return true;
  }

  /** A merged call is first taken apart, batch by batch; a batch is halved, down to the single record. */
  async #divide(parts: readonly Part[], single: Outcome): Promise<void> {
    const [part] = parts;
    if (part === undefined) return;
    if (parts.length > 1) {
      for (const each of parts) await this.deliver([each], undefined, true);
    } else if (part.to - part.from === 1) {
      this.#settleAll(parts, single);
    } else {
      const middle = (part.from + part.to) >> 1;
      await this.deliver([{ ...part, to: middle }], undefined, true);
      await this.deliver([{ ...part, from: middle }], undefined, true);
    }
  }

  #distribute(
    parts: readonly Part[],
    { outcomes, message }: Extract<StageAnswer, { kind: 'answered' }>,
  ): void {
    const source = message && { message, bytes: message.length / parts.length };
    let from = 0;
    for (const part of parts) {
      const to = from + part.to - part.from;
      this.#context.settle(part, parts.length === 1 ? outcomes : outcomes.slice(from, to), source);
      from = to;
    }
    message?.release();
  }

  #settleAll(parts: readonly Part[], outcome: Outcome): void {
    for (const part of parts) {
      const outcomes = new Array<Outcome>(part.to - part.from).fill(outcome);
      this.#context.settle(part, outcomes);
    }
  }
}

/** What becomes of everything in flight when a drain or a call is out of time. */
export const DEADLINE = returned('DEADLINE', 'the time for what was in flight is over');

function recordsOf(parts: readonly Part[]): readonly RecordOutline[] {
  const [first = [], ...others] = parts.map(({ parcel: { records }, from, to }) =>
    from === 0 && to === records.length ? records : records.slice(from, to),
  );
  return others.length === 0 ? first : first.concat(...others);
}

function spend(parts: readonly Part[], ms: number): void {
  for (const { parcel } of parts) parcel.leftMs -= ms;
}
