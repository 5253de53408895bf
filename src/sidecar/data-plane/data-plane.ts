import {
  type Metadata,
  type sendUnaryData,
  type Server,
  type ServerInterceptor,
  type ServerUnaryCall,
  status,
} from '@grpc/grpc-js';
import type { Registry } from 'prom-client';
import { PREFIXES, raw, serviceDefinition } from '../../foundation/grpc/definitions.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import { isLoopbackPeer } from '../../foundation/net/address.ts';
import type { Graph } from '../routing/graph.ts';
import type { BatchAcks } from '../wire/writer.ts';
import { ByteBudget } from './byte-budget.ts';
import { DoorCounts } from './counts.ts';
import type { Routes } from './door/door.ts';
import { integerOf } from './door/headers.ts';
import { type PushCall, PushStream, type StreamsByHeaders } from './door/push-stream.ts';
import { type Gate, readGate } from './door/read-gate.ts';
import { receiveGate } from './door/receive-gate.ts';
import { hopsOf, type ReceiveContext, receiveRecords } from './door/receive.ts';
import { Sources } from './door/sources.ts';
import type { EnteringBatch } from './flow/flow.ts';
import type { StageCaller } from './flow/hop.ts';
import { addDataPlaneMetrics } from './metrics.ts';
import { type PipelineReport, Pipelines } from './pipelines.ts';

/** What the data plane stands on. */
export interface DataPlaneOptions {
  readonly clock: Clock;
  readonly registry: Registry;
  readonly routes: Routes;
  readonly caller: StageCaller;
  /** Of this start of the sidecar: what it numbers is never numbered so again. */
  readonly instance: string;
  readonly byteBudget: number;
  readonly batchTimeoutMs: number;
  /** Records that a source may have unacknowledged before it should wait. */
  readonly credits: number;
  readonly pushFrom: 'loopback' | 'any';
  readonly maxPushStreams: number;
}

const PUSH = '.SidecarDataPlane/PushRecords';
const RECEIVE = '.SidecarDataPlane/ReceiveRecords';

/** Takes records from local sources and from other sidecars, runs them over their graphs, and answers for each. */
export class DataPlane {
  readonly sources: Sources;
  readonly budget: ByteBudget;
  readonly #options: DataPlaneOptions;
  readonly #receiving: ReceiveContext;
  readonly #pipelines: Pipelines;
  readonly #doors = {
    push: new DoorCounts((id) => this.#pipelines.countsOf(id)),
    peer: new DoorCounts((id) => this.#pipelines.countsOf(id)),
  };
  readonly #streams = new Set<PushStream>();
  readonly #byHeaders: StreamsByHeaders = new WeakMap();
  /** Calls of other sidecars that were let in, by their headers: each is told when its message is here. */
  readonly #arrivals = new WeakMap<Metadata, () => void>();
  #peerRuns = 0;
  #lastPeerCall = 0;
  #lastStreamMs = -Infinity;
  #leavingPeers = false;
  #leavingSources = false;

  constructor(options: DataPlaneOptions) {
    this.#options = options;
    this.budget = new ByteBudget(options.byteBudget);
    this.sources = new Sources(options.clock);
    this.#pipelines = new Pipelines({ ...options, budget: this.budget });
    addDataPlaneMetrics(options.registry, {
      pipelines: this.#pipelines.all,
      doors: this.#doors,
      budget: () => ({
        usedBytes: this.budget.usedBytes,
        totalBytes: this.budget.totalBytes,
        waiting: this.budget.waiting,
      }),
      drainPhase: () => Number(this.#leavingPeers) + Number(this.#leavingSources),
      streams: () => this.#streams.size,
      buffered: () => this.buffered(),
    });
    this.#receiving = {
      ...options,
      budget: this.budget,
      enter: (graph, entering) => this.#enterFromPeer(graph, entering),
      observer: this.#doors.peer,
      leaving: () => this.#leavingPeers,
    };
  }

  /** Holds back the reading of batches while the byte budget is used up. */
  get interceptor(): ServerInterceptor {
    return readGate((path, metadata) => {
      if (path.endsWith(PUSH)) return this.#pushGate(metadata);
      return path.endsWith(RECEIVE) ? this.#receiveGate(metadata) : undefined;
    });
  }

  /** Serves SidecarDataPlane under both prefixes. */
  addTo(server: Server): void {
    const handlers = {
      PushRecords: (call: PushCall) => this.#push(call),
      ReceiveRecords: (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) =>
        this.#receive(call, reply),
    };
    for (const prefix of PREFIXES) {
      server.addService(raw(serviceDefinition('conveyor.sidecar.SidecarDataPlane', prefix)), handlers);
    }
  }

  /** Copies of records on their way, of one pipeline or of all. */
  inFlight(pipelineId?: string): number {
    return this.#pipelines.inFlight(pipelineId);
  }

  /** Batches from other sidecars that are on their way. */
  get peerRuns(): number {
    return this.#peerRuns;
  }

  /** Monotonic milliseconds of the last call of another sidecar. */
  get lastPeerCall(): number {
    return this.#lastPeerCall;
  }

  /** Monotonic milliseconds at which a source last had a stream open: now, while one has. */
  get lastStream(): number {
    return this.#streams.size > 0 ? this.#options.clock.now() : this.#lastStreamMs;
  }

  /** Batches of local sources that are on their way. */
  get sourceRuns(): number {
    return [...this.#streams].reduce((sum, { open }) => sum + open, 0);
  }

  /** Later calls of other sidecars are refused with DRAINING. */
  leavePeers(): void {
    this.#leavingPeers = true;
  }

  /** Sources get no more credits; what they still send is RETRY. */
  leaveSources(): void {
    this.#leavingSources = true;
  }

  /** Gives back what is in flight, of one pipeline or of all: RETRY DEADLINE. */
  expire(pipelineId?: string): void {
    this.#pipelines.expire(pipelineId);
  }

  /** Ends the push streams; each when its last batch is acknowledged. */
  endStreams(): void {
    for (const stream of this.#streams) stream.finish();
  }

  /** Forgets pipelines that are not assigned any more, their series too; those that still run stay until they are done. */
  retain(pipelineIds: ReadonlySet<string>): void {
    this.#pipelines.retain(pipelineIds);
  }

  /** What a pipeline has done here: the ledger, and the totals of its stages. */
  report(): Map<string, PipelineReport> {
    return this.#pipelines.report();
  }

  /** Records that wait, by pipeline and stage. */
  buffered(): { pipeline: string; stage: string; records: number }[] {
    return this.#pipelines.buffered();
  }

  #pushGate(metadata: Metadata): Gate {
    return {
      pass: () => this.#byHeaders.get(metadata)?.pass(),
      close: () => this.#byHeaders.get(metadata)?.close(),
    };
  }

  #receiveGate(metadata: Metadata): Gate {
    const pipeline = this.#options.routes.pipelineOf(integerOf(metadata, 'conveyor-generation') ?? 0);
    const gate = receiveGate(this.budget, { pipeline, hops: hopsOf(metadata) });
    this.#arrivals.set(metadata, gate.arrived);
    return gate;
  }

  #push(call: PushCall): void {
    const { pushFrom, maxPushStreams } = this.#options;
    if (pushFrom === 'loopback' && !isLoopbackPeer(call.getPeer())) {
      const details = `PushRecords is for sources of this pod: ${call.getPeer()} is not loopback (--push-from any)`;
      call.emit('error', { code: status.PERMISSION_DENIED, details });
      return;
    }
    if (this.#streams.size >= maxPushStreams) {
      call.emit('error', {
        code: status.RESOURCE_EXHAUSTED,
        details: `more than ${maxPushStreams} push streams`,
      });
      return;
    }
    const stream = new PushStream(call, {
      ...this.#options,
      budget: this.budget,
      enter: (graph, entering) => this.#pipelines.enter(graph, entering),
      sourceOpened: (id) => this.sources.opened(id),
      observer: this.#doors.push,
      leaving: () => this.#leavingSources,
    });
    this.#streams.add(stream);
    this.#byHeaders.set(call.metadata, stream);
    stream.serve(() => {
      this.#streams.delete(stream);
      this.#lastStreamMs = this.#options.clock.now();
    });
  }

  #receive(call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>): void {
    this.#lastPeerCall = this.#options.clock.now();
    receiveRecords(this.#receiving, call, reply);
    this.#arrivals.get(call.metadata)?.();
  }

  async #enterFromPeer(graph: Graph, entering: EnteringBatch): Promise<BatchAcks> {
    this.#peerRuns++;
    const acks = await this.#pipelines.enter(graph, entering);
    this.#peerRuns--;
    return acks;
  }
}
