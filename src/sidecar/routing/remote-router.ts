import { Metadata } from '@grpc/grpc-js';
import { ConveyorError } from '../../foundation/errors.ts';
import type { CallSettings } from '../../foundation/grpc/call.ts';
import { type Prefix, PREFIXES, withPrefix } from '../../foundation/grpc/definitions.ts';
import { type Encoded, rawUnary } from '../../foundation/grpc/raw-call.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import { readReceiveRecordsResponse } from '../wire/responses.ts';
import { writeReceiveRecordsRequest } from '../wire/writer.ts';
import { attended } from './attended.ts';
import { addTrace, type StageAnswer, type StageCall } from './call.ts';
import type { ClientPool, Lease } from './client-pool.ts';
import { peerOutcomes, refusedAtDoor } from './outcomes.ts';

/** How other sidecars are called. */
export interface RemoteRouterOptions {
  readonly clock: Clock;
  readonly clients: ClientPool;
  readonly sidecarId: string;
  readonly maxCallBytes: number;
}

/** Calls the sidecar that has the next stage. */
export class RemoteRouter {
  readonly #options: RemoteRouterOptions;
  readonly #prefixes = new Map<string, Prefix>();

  constructor(options: RemoteRouterOptions) {
    this.#options = options;
  }

  /** One try at one endpoint. */
  async call(endpoint: string, call: StageCall): Promise<StageAnswer> {
    const { clients, sidecarId, maxCallBytes } = this.#options;
    const { graph, stage, batchId, records, watermark } = call;
    const request = writeReceiveRecordsRequest({
      pipelineId: graph.pipelineId,
      stageId: stage.id,
      sourceSidecarId: sidecarId,
      batchId,
      records,
      watermark,
    });
    const lease = clients.lease(endpoint);
    try {
      const send = (signal: AbortSignal): Promise<Buffer> =>
        this.#send(endpoint, lease, request, { ...call, signal });
      const answer = readReceiveRecordsResponse(
        await attended(endpoint, { clock: this.#options.clock, signal: call.signal }, send),
        records,
      );
      lease.release(false);
      const refused = refusedAtDoor(answer);
      if (refused === undefined)
        return {
          kind: 'answered',
          outcomes: peerOutcomes(records, answer),
          unexpected: 0,
          message: undefined,
        };
      const reason = `${endpoint} refused the call: ${answer.error === '' ? refused : answer.error}`;
      return { ...FAILURE, error: new ConveyorError(refused, reason) };
    } catch (thrown) {
      const error = ConveyorError.from(thrown, 'UNKNOWN');
      lease.release(error.code === 'UNAVAILABLE');
      return { ...FAILURE, error, aboveLimit: request.length > maxCallBytes };
    }
  }

  /** Forgets endpoints that are in no route any more. */
  retain(endpoints: ReadonlySet<string>): void {
    for (const endpoint of this.#prefixes.keys())
      if (!endpoints.has(endpoint)) this.#prefixes.delete(endpoint);
  }

  /** Under the remembered prefix; on UNIMPLEMENTED once under the other, within the same deadline (wire contract). */
  async #send(endpoint: string, lease: Lease, request: Encoded, call: StageCall): Promise<Buffer> {
    const { clock } = this.#options;
    const prefix = this.#prefixes.get(endpoint) ?? PREFIXES[0];
    const startedAt = clock.now();
    try {
      return await rawUnary(
        lease.client,
        withPrefix(RECEIVE, prefix),
        request,
        settingsOf(call, call.timeoutMs),
      );
    } catch (thrown) {
      if (ConveyorError.from(thrown).code !== 'UNIMPLEMENTED') throw thrown;
      const other = PREFIXES.find((each) => each !== prefix) ?? prefix;
      const leftMs = call.timeoutMs - (clock.now() - startedAt);
      const response = await rawUnary(
        lease.client,
        withPrefix(RECEIVE, other),
        request,
        settingsOf(call, leftMs),
      );
      this.#prefixes.set(endpoint, other);
      return response;
    }
  }
}

/** The method of a sidecar, under the first prefix. */
const RECEIVE = '/conveyor.sidecar.SidecarDataPlane/ReceiveRecords';

const FAILURE = { kind: 'failed', sizeProven: false, aboveLimit: false, elsewhere: false } as const;

function settingsOf({ hops, graph, trace, signal }: StageCall, timeoutMs: number): CallSettings {
  const metadata = addTrace(new Metadata(), trace);
  metadata.set('conveyor-hops', String(hops + 1));
  if (graph.generation !== 0) metadata.set('conveyor-generation', String(graph.generation));
  return { timeoutMs, signal, metadata };
}
