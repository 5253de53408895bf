import type { Metadata } from '@grpc/grpc-js';
import type { ConveyorError } from '../../foundation/errors.ts';
import type { ByteRange, RecordOutline } from '../wire/outline.ts';
import type { Outcome } from '../wire/outcome.ts';
import type { Graph, Stage } from './graph.ts';

/** One try to have a stage run some records. */
export interface StageCall {
  readonly graph: Graph;
  readonly stage: Stage;
  readonly records: readonly RecordOutline[];
  readonly batchId: string;
  readonly watermark: ByteRange | undefined;
  /** Sidecars that the records have come through. */
  readonly hops: number;
  /** `traceparent` and `tracestate`, passed on unchanged. */
  readonly trace: readonly (readonly [string, string])[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A message that stays in memory for as long as somebody reads from it; whoever has it is a reader. */
export interface SharedMessage {
  /** Bytes. */
  readonly length: number;
  /** One more reader. */
  retain(): void;
  /** One reader less; with the last one the outlines of it end. */
  release(): void;
}

/** What a try came to. A failure is a value, not an exception: it is ordinary, and decides what is tried next. */
export type StageAnswer =
  | {
      readonly kind: 'answered';
      /** One for each record, in their order. */
      readonly outcomes: readonly Outcome[];
      /** Results for records that were not sent. */
      readonly unexpected: number;
      /** What the outputs are read from; whoever takes the answer releases it. */
      readonly message: SharedMessage | undefined;
    }
  | {
      readonly kind: 'failed';
      readonly error: ConveyorError;
      /** A call of that size was taken before: its size is not what was wrong with it. */
      readonly sizeProven: boolean;
      /** A single record above the stage's message limit can never be taken. */
      readonly aboveLimit: boolean;
      /** Another replica has not been tried yet: it comes before any backoff. */
      readonly elsewhere: boolean;
    };

/** What one call to a stage may hold. */
export interface CallLimits {
  /** Records; only a stated limit splits a batch. */
  readonly maxRecords: number;
  /** Whether the stage stated `maxRecords`. */
  readonly stated: boolean;
  readonly maxBytes: number;
  /** Record types that the stage takes; empty: all. */
  readonly recordTypes: ReadonlySet<string>;
}

/** A place where a stage runs, held for one call. */
export interface Target {
  readonly limits: CallLimits;
  call(call: StageCall): Promise<StageAnswer>;
  /** Ends the hold. Exactly once. */
  release(): void;
}

/** Adds the headers that go with a call to a service or a sidecar. */
export function addTrace(metadata: Metadata, trace: StageCall['trace']): Metadata {
  for (const [key, value] of trace) metadata.set(key, value);
  return metadata;
}
