import { type sendUnaryData, Server, type ServerUnaryCall, type status } from '@grpc/grpc-js';
import { atPath, serviceDefinition } from '../../src/foundation/grpc/definitions.ts';
import type { Capabilities } from '../../src/foundation/grpc/gen/conveyor/transform/Capabilities.ts';
import type { ProcessBatchRequest__Output } from '../../src/foundation/grpc/gen/conveyor/transform/ProcessBatchRequest.ts';
import type { ProcessBatchResponse } from '../../src/foundation/grpc/gen/conveyor/transform/ProcessBatchResponse.ts';
import type { TransformResult } from '../../src/foundation/grpc/gen/conveyor/transform/TransformResult.ts';
import type { Record__Output } from '../../src/foundation/grpc/gen/conveyor/common/Record.ts';
import type { FlushResponse } from '../../src/foundation/grpc/gen/conveyor/sink/FlushResponse.ts';
import type { WriteBatchRequest__Output } from '../../src/foundation/grpc/gen/conveyor/sink/WriteBatchRequest.ts';
import type { WriteBatchResponse } from '../../src/foundation/grpc/gen/conveyor/sink/WriteBatchResponse.ts';
import { addReflection } from '../../src/foundation/grpc/reflection.ts';
import type { LocalService } from '../../src/sidecar/routing/local-router.ts';
import { serve } from './serve.ts';

/** A gRPC status to answer with, instead of an answer. */
export interface Refuse {
  readonly code: status;
  readonly details?: string;
}

type Answer<T> = T | Refuse | Promise<T | Refuse>;

interface Common {
  readonly name: string;
  readonly port?: number;
  readonly maxBatchSize?: number;
  readonly maxConcurrentBatches?: number;
  readonly supportedRecordTypes?: readonly string[];
  readonly protoService?: string;
  /** The largest message that the server takes. */
  readonly maxMessageBytes?: number;
}

/** A running application service. */
export interface StageService {
  readonly port: number;
  /** As discovery would describe it. */
  readonly service: LocalService;
  /** Calls so far. */
  readonly calls: () => number;
  /** The most calls that were in flight at one time. */
  readonly mostAtOnce: () => number;
  stop(): Promise<void>;
}

function isRefusal(answer: object): answer is Refuse {
  return 'code' in answer;
}

async function startService(
  options: Common & { type: 'transform' | 'sink' },
  add: (server: Server, gate: Gate) => string,
): Promise<StageService> {
  const server = new Server({ 'grpc.max_receive_message_length': options.maxMessageBytes ?? 4 << 20 });
  let calls = 0;
  let active = 0;
  let most = 0;
  const gate: Gate = async (answer) => {
    calls++;
    most = Math.max(most, ++active);
    try {
      return await answer();
    } finally {
      active--;
    }
  };
  const protoService = add(server, gate);
  const serving = await serve(server, { port: options.port ?? 0 });
  return {
    ...serving,
    service: {
      name: options.name,
      type: options.type,
      endpoint: serving.address,
      protoService,
      maxBatchSize: options.maxBatchSize ?? 0,
      maxConcurrentBatches: options.maxConcurrentBatches ?? 0,
      supportedRecordTypes: options.supportedRecordTypes ?? [],
      health: 'healthy',
    },
    calls: () => calls,
    mostAtOnce: () => most,
  };
}

type Gate = <T>(answer: () => Answer<T>) => Promise<T | Refuse>;

/** Answers a call with what a function of the test came to: an answer, or a status. */
export function replying<Res extends object>(reply: sendUnaryData<Res>): (answer: Res | Refuse) => void {
  return (answer) => {
    if (isRefusal(answer)) reply({ code: answer.code, details: answer.details ?? 'refused by the test' });
    else reply(null, answer);
  };
}

/** A real transform: one result for each record, by the given function. */
export function startTransform(
  options: Common & {
    readonly each?: (
      record: Record__Output,
      request: ProcessBatchRequest__Output,
    ) => Omit<TransformResult, 'originalId'>;
    readonly batch?: (request: ProcessBatchRequest__Output) => Answer<ProcessBatchResponse> | undefined;
  },
): Promise<StageService> {
  const {
    each = (record: Record__Output) => ({ status: 'TRANSFORM_STATUS_SUCCESS', outputRecords: [record] }),
    batch,
  } = options;
  const name = options.protoService ?? 'conveyor.transform.TransformService';
  return startService({ ...options, type: 'transform' }, (server, gate) => {
    server.addService(atPath(serviceDefinition('conveyor.transform.TransformService'), name), {
      ProcessBatch(
        call: ServerUnaryCall<ProcessBatchRequest__Output, ProcessBatchResponse>,
        reply: sendUnaryData<ProcessBatchResponse>,
      ) {
        const { request } = call;
        const byRecord = (): ProcessBatchResponse => ({
          batchId: request.inputBatch?.batchId ?? '',
          results: (request.inputBatch?.records ?? []).map((record) => ({
            originalId: record.id,
            ...each(record, request),
          })),
        });
        void gate(() => batch?.(request) ?? byRecord()).then(replying(reply));
      },
      GetCapabilities(_call: unknown, reply: sendUnaryData<Capabilities>) {
        reply(null, {
          transformId: options.name,
          maxBatchSize: options.maxBatchSize ?? 0,
          maxConcurrentBatches: options.maxConcurrentBatches ?? 0,
        });
      },
    });
    if (name === 'conveyor.transform.TransformService') addReflection(server, [name]);
    return name;
  });
}

/** A real sink that keeps what it was given. */
export interface SinkService extends StageService {
  /** Every record that was confirmed, in order, repeats too. */
  readonly written: Record__Output[];
  readonly flushes: () => number;
}

/** A real sink: confirms everything unless the given function says otherwise. */
export async function startSink(
  options: Common & {
    readonly batch?: (request: WriteBatchRequest__Output) => Answer<WriteBatchResponse> | undefined;
    readonly flush?: () => Answer<FlushResponse>;
  },
): Promise<SinkService> {
  const written: Record__Output[] = [];
  let flushes = 0;
  const name = options.protoService ?? 'conveyor.sink.SinkService';
  const service = await startService({ ...options, type: 'sink' }, (server, gate) => {
    server.addService(atPath(serviceDefinition('conveyor.sink.SinkService'), name), {
      WriteBatch(
        call: ServerUnaryCall<WriteBatchRequest__Output, WriteBatchResponse>,
        reply: sendUnaryData<WriteBatchResponse>,
      ) {
        const { request } = call;
        void gate(
          () =>
            options.batch?.(request) ?? {
              batchId: request.batch?.batchId ?? '',
              status: 'WRITE_STATUS_SUCCESS' as const,
            },
        ).then((answer) => {
          const records: readonly Record__Output[] = request.batch?.records ?? [];
          const refused = new Set<string>();
          if (!isRefusal(answer)) {
            for (const { recordId, success } of answer.results ?? [])
              if (success !== true) refused.add(String(recordId?.sequenceNumber));
            const taken =
              answer.status === 'WRITE_STATUS_SUCCESS' ||
              answer.status === 'WRITE_STATUS_PENDING' ||
              answer.status === 'WRITE_STATUS_PARTIAL';
            if (taken) written.push(...records.filter(({ id }) => !refused.has(String(id?.sequenceNumber))));
          }
          replying(reply)(answer);
        });
      },
      GetCapacity(_call: unknown, reply: sendUnaryData<object>) {
        reply(null, {});
      },
      Flush(_call: unknown, reply: sendUnaryData<FlushResponse>) {
        flushes++;
        const flushed = options.flush?.() ?? { success: true, flushedRecords: 0 };
        void Promise.resolve(flushed).then(replying(reply));
      },
    });
    if (name === 'conveyor.sink.SinkService') addReflection(server, [name]);
    return name;
  });
  return { ...service, written, flushes: () => flushes };
}
