import { Metadata } from '@grpc/grpc-js';
import { ConveyorError, type ErrorCode } from '../../foundation/errors.ts';
import { unary } from '../../foundation/grpc/call.ts';
import { rawUnary } from '../../foundation/grpc/raw-call.ts';
import { serviceDefinition } from '../../foundation/grpc/definitions.ts';
import { Message } from './message.ts';
import { readProcessBatchResponse, readWriteBatchResponse } from '../wire/responses.ts';
import { writeProcessBatchRequest, writeWriteBatchRequest } from '../wire/writer.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import { addTrace, type CallLimits, type StageAnswer, type StageCall, type Target } from './call.ts';
import type { ClientPool } from './client-pool.ts';
import type { StageType } from './graph.ts';
import { sinkOutcomes, transformOutcomes } from './outcomes.ts';
import { Slots } from './slots.ts';

/** A service of this pod, as routing needs it. */
export interface LocalService {
  readonly name: string;
  readonly type: StageType;
  readonly endpoint: string;
  /** Full name, as reflection gave it. */
  readonly protoService: string;
  /** 0: not stated. */
  readonly maxBatchSize: number;
  /** 0: not stated. */
  readonly maxConcurrentBatches: number;
  readonly supportedRecordTypes: readonly string[];
  /** Records that a sink last said it has room for; 0 or absent: not stated. */
  readonly availableCapacity?: number;
  readonly health: 'healthy' | 'degraded' | 'unhealthy';
}

/** What the outcome of a call says of the service. */
export type CallEvidence = 'ok' | 'failed' | 'unusable';

/** How local services are called. */
export interface LocalRouterOptions {
  readonly clock: Clock;
  readonly clients: ClientPool;
  /** Told of every call: real calls are the best probe. */
  readonly report: (endpoint: string, protoService: string, evidence: CallEvidence) => void;
  /** Calls stay below it: what a gRPC server takes unless told otherwise. */
  readonly maxCallBytes: number;
}

/** Records merged into one call where the service states no limit (semantics.md, "What a call carries"). */
export const DEFAULT_MERGE_RECORDS = 1_000;
/** Calls in flight where the service states no limit. */
export const DEFAULT_CONCURRENCY = 4;

const UNUSABLE: ReadonlySet<ErrorCode> = new Set([
  'UNIMPLEMENTED',
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'FAILED_PRECONDITION',
]);
/** Codes that speak of the service, not of the records in the call. */
const FAILING: ReadonlySet<ErrorCode> = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED']);

/** The least of what the service states: the size of a batch, and what a sink has room for. */
function recordLimit({
  maxBatchSize,
  availableCapacity = 0,
}: LocalService): Pick<CallLimits, 'maxRecords' | 'stated'> {
  const stated = [maxBatchSize, availableCapacity].filter((limit) => limit > 0);
  return {
    maxRecords: Math.min(...stated, stated.length > 0 ? Infinity : DEFAULT_MERGE_RECORDS),
    stated: stated.length > 0,
  };
}

/** What a service answered, and the time that the call still has. */
interface Response {
  readonly response: Buffer;
  readonly leftMs: number;
}

interface Standing {
  /** Of the method that batches go to. */
  readonly path: string;
  readonly slots: Slots;
  /** The largest call that was taken. */
  largestTaken: number;
}

/** Calls the transforms and sinks of this pod. */
export class LocalRouter {
  readonly #options: LocalRouterOptions;
  readonly #standings = new Map<string, Standing>();
  readonly #flushMethod = serviceDefinition('conveyor.sink.SinkService').Flush;

  constructor(options: LocalRouterOptions) {
    this.#options = options;
  }

  /** Calls in flight at a service. */
  activeRequests(service: Pick<LocalService, 'endpoint' | 'protoService'>): number {
    return this.#standings.get(`${service.endpoint}/${service.protoService}`)?.slots.taken ?? 0;
  }

  /** Holds one of the service's places: now, or when one is free. */
  acquire(service: LocalService, signal: AbortSignal): Target | Promise<Target> {
    const standing = this.#standing(service);
    const waiting = standing.slots.take(signal);
    const target = this.#target(service, standing);
    return waiting === undefined ? target : waiting.then(() => target);
  }

  /** Has a sink write out what it holds. A sink without Flush holds nothing. */
  async flush(service: LocalService, timeoutMs: number): Promise<boolean> {
    return (await this.#flush(service, timeoutMs)) !== 'failed';
  }

  async #flush(service: LocalService, timeoutMs: number): Promise<'done' | 'failed' | 'unimplemented'> {
    const { clients } = this.#options;
    const lease = clients.lease(service.endpoint);
    const method = { ...this.#flushMethod, path: `/${service.protoService}/Flush` };
    try {
      const answer = await unary(
        lease.client,
        method,
        { sinkId: service.name, waitForCompletion: true },
        { timeoutMs },
      );
      return answer.success ? 'done' : 'failed';
    } catch (error) {
      return ConveyorError.from(error).code === 'UNIMPLEMENTED' ? 'unimplemented' : 'failed';
    } finally {
      lease.release(false);
    }
  }

  /** Forgets services that are gone. */
  retain(services: readonly LocalService[]): void {
    const known = new Set(services.map(({ endpoint, protoService }) => `${endpoint}/${protoService}`));
    for (const [key, { slots }] of this.#standings) {
      if (!known.has(key) && slots.taken === 0) this.#standings.delete(key);
    }
  }

  #standing(service: LocalService): Standing {
    const key = `${service.endpoint}/${service.protoService}`;
    const limit = service.maxConcurrentBatches || DEFAULT_CONCURRENCY;
    let standing = this.#standings.get(key);
    if (standing === undefined) {
      const path = `/${service.protoService}/${service.type === 'sink' ? 'WriteBatch' : 'ProcessBatch'}`;
      standing = { path, slots: new Slots(limit), largestTaken: 0 };
      this.#standings.set(key, standing);
    }
    standing.slots.limit = limit;
    return standing;
  }

  #target(service: LocalService, standing: Standing): Target {
    return {
      limits: {
        ...recordLimit(service),
        maxBytes: this.#options.maxCallBytes,
        recordTypes: typesOf(service),
      },
      call: (call) => this.#call(service, standing, call),
      release: () => standing.slots.give(),
    };
  }

  async #call(service: LocalService, standing: Standing, call: StageCall): Promise<StageAnswer> {
    const { clock, clients, report, maxCallBytes } = this.#options;
    const isSink = call.stage.type === 'sink';
    const request = isSink
      ? writeWriteBatchRequest({ ...parts(call), sinkId: service.name, timeoutMs: call.timeoutMs })
      : writeProcessBatchRequest({ ...parts(call), transformId: service.name, config: call.stage.config });
    const lease = clients.lease(service.endpoint);
    const until = clock.now() + call.timeoutMs;
    try {
      const response = await rawUnary(lease.client, standing.path, request, {
        timeoutMs: call.timeoutMs,
        signal: call.signal,
        metadata: addTrace(new Metadata(), call.trace),
      });
      const answer = await this.#read(service, call, { response, leftMs: until - clock.now() });
      lease.release(false);
      standing.largestTaken = Math.max(standing.largestTaken, request.length);
      report(service.endpoint, service.protoService, 'ok');
      return answer;
    } catch (thrown) {
      const error = ConveyorError.from(thrown, 'UNKNOWN');
      lease.release(error.code === 'UNAVAILABLE');
      if (UNUSABLE.has(error.code)) report(service.endpoint, service.protoService, 'unusable');
      else if (FAILING.has(error.code)) report(service.endpoint, service.protoService, 'failed');
      return {
        kind: 'failed',
        error,
        sizeProven: request.length <= standing.largestTaken,
        aboveLimit: request.length > maxCallBytes,
        elsewhere: false,
      };
    }
  }

  async #read(service: LocalService, call: StageCall, { response, leftMs }: Response): Promise<StageAnswer> {
    if (call.stage.type === 'transform') {
      const { results } = readProcessBatchResponse(response, call.records);
      return {
        kind: 'answered',
        ...transformOutcomes(call.records, results),
        message: new Message(response),
      };
    }
    const written = readWriteBatchResponse(response, call.records);
    // who says PENDING and knows no Flush has not said that it is written
    const flushed = written.status === 'pending' && (await this.#flush(service, leftMs)) === 'done';
    return { kind: 'answered', ...sinkOutcomes(call.records, written, flushed), message: undefined };
  }
}

const ALL_TYPES: ReadonlySet<string> = new Set();

function typesOf({ supportedRecordTypes }: LocalService): ReadonlySet<string> {
  return supportedRecordTypes.length === 0 ? ALL_TYPES : new Set(supportedRecordTypes);
}

function parts({
  batchId,
  records,
  watermark,
}: StageCall): Pick<StageCall, 'batchId' | 'records' | 'watermark'> {
  return { batchId, records, watermark };
}
