import type { Metadata, sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { ConveyorError } from '../../../foundation/errors.ts';
import { MAX_HOPS } from '../../../foundation/grpc/definitions.ts';
import type { Clock } from '../../../foundation/lifecycle/clock.ts';
import { freeMemory } from '../../../foundation/lifecycle/heap.ts';
import type { Graph } from '../../routing/graph.ts';
import { type ReceiveRecordsRequest, readReceiveRecordsRequest } from '../../wire/requests.ts';
import { type BatchAcks, writeReceiveRecordsResponse } from '../../wire/writer.ts';
import type { ByteBudget } from '../byte-budget.ts';
import type { EnteringBatch } from '../flow/flow.ts';
import { concise, heldBytes } from '../limits.ts';
import {
  admitTo,
  type Assigned,
  isRefusal,
  LEAVING,
  type Refusal,
  refusalAcks,
  type Routes,
} from './door.ts';
import { integerOf, tracesOf } from './headers.ts';

/** A peer that says no hops has sent the batch to us itself. */
const HOPS_OF_OTHERS = 1;

/** What ReceiveRecords stands on. */
export interface ReceiveContext {
  readonly clock: Clock;
  readonly routes: Routes;
  readonly budget: ByteBudget;
  readonly batchTimeoutMs: number;
  readonly enter: (graph: Graph, entering: EnteringBatch) => Promise<BatchAcks>;
  readonly observer: ReceiveObserver;
  /** Whether the sidecar takes nothing from its peers any more. */
  readonly leaving: () => boolean;
}

/** What happens at the door for peers that someone may count. */
export interface ReceiveObserver {
  received(bytes: number): void;
  refused(refusal: Refusal): void;
}

type ReceiveCall = ServerUnaryCall<Buffer, Buffer>;

/** How many sidecars a call has come through, for the byte budget. */
export function hopsOf(metadata: Metadata): number {
  return Math.min(integerOf(metadata, 'conveyor-hops') ?? HOPS_OF_OTHERS, MAX_HOPS);
}

/** Answers ReceiveRecords: runs the stage and all that comes after it, never what came before. */
export function receiveRecords(
  context: ReceiveContext,
  call: ReceiveCall,
  reply: sendUnaryData<Buffer>,
): void {
  let request: ReceiveRecordsRequest;
  try {
    request = readReceiveRecordsRequest(call.request);
  } catch (thrown) {
    const error = ConveyorError.from(thrown);
    reply({ code: error.grpcStatus, details: error.message });
    return;
  }
  context.observer.received(call.request.length);
  if (request.batch.records.length === 0) {
    reply(null, writeReceiveRecordsResponse({ records: [], exceptions: new Map() }));
    return;
  }
  const admitted = admit(context, request, call.metadata);
  if (isRefusal(admitted)) {
    context.observer.refused(admitted);
    const acks = concise(refusalAcks(request.batch.records, admitted));
    reply(null, writeReceiveRecordsResponse(acks, `${admitted.code}: ${admitted.error}`));
    return;
  }
  const hops = hopsOf(call.metadata);
  const leftMs = timeLeft(call) ?? context.batchTimeoutMs;
  const held = context.budget.hold(
    { pipeline: request.pipelineId, hops },
    heldBytes(call.request.length, request.batch.records),
    () => freeMemory(call.request),
  );
  void context
    .enter(admitted.graph, {
      batch: request.batch,
      next: [request.stageId],
      hops,
      trace: tracesOf(call.metadata),
      forwards: integerOf(call.metadata, 'conveyor-hops') !== undefined,
      answerBy: context.clock.now() + leftMs - marginMs(leftMs),
      leftMs: Infinity,
    })
    .then((acks) => {
      reply(null, writeReceiveRecordsResponse(concise(acks)));
      held.release();
    });
}

function admit(
  { routes, leaving }: ReceiveContext,
  { pipelineId, stageId }: ReceiveRecordsRequest,
  metadata: Metadata,
): Assigned | Refusal {
  if (leaving()) return LEAVING;
  const hops = integerOf(metadata, 'conveyor-hops') ?? 0;
  if (hops > MAX_HOPS) return { code: 'HOP_LIMIT', error: `the batch has come through ${hops} sidecars` };
  const admitted = admitTo(routes.route(pipelineId), `pipeline "${pipelineId}"`);
  if (isRefusal(admitted)) return admitted;
  const { graph } = admitted;
  const generation = integerOf(metadata, 'conveyor-generation') ?? 0;
  if (generation !== 0 && graph.generation !== 0 && generation !== graph.generation) {
    return {
      code: 'GENERATION_SKEW',
      error: `this sidecar has generation ${graph.generation} of "${pipelineId}"`,
    };
  }
  const stage = graph.stages.get(stageId);
  if (stage === undefined || !routes.hasLocal(graph, stage)) {
    return { code: 'STAGE_NOT_ASSIGNED', error: `nothing healthy offers stage "${stageId}" here` };
  }
  return admitted;
}

function timeLeft(call: ReceiveCall): number | undefined {
  const deadline = Number(call.getDeadline());
  return Number.isFinite(deadline) ? deadline - Date.now() : undefined;
}

/** The answer has to arrive before the deadline. */
function marginMs(leftMs: number): number {
  return Math.min(250, Math.max(25, leftMs / 20));
}
