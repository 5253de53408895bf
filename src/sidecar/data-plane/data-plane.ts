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
import { DoorCounts, PipelineCounts, type StageTotals } from './counts.ts';
import type { Routes } from './door/door.ts';
import { integerOf } from './door/headers.ts';
import { type PushCall, PushStream, type StreamsByHeaders } from './door/push-stream.ts';
import { type Gate, readGate } from './door/read-gate.ts';
import { receiveGate } from './door/receive-gate.ts';
import { hopsOf, type ReceiveContext, receiveRecords } from './door/receive.ts';
import { Sources } from './door/sources.ts';
import { type EnteringBatch, Flow } from './flow/flow.ts';
import type { StageCaller } from './flow/hop.ts';
import { Ledger } from './ledger.ts';
import { addDataPlaneMetrics } from './metrics.ts';

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

/** What a pipeline has done here, kept as long as it is assigned or runs. */
interface Pipeline {
  readonly ledger: Ledger;
  readonly counts: PipelineCounts;
  /** By graph: batches run to their end on the one that they began with. */
  readonly flows: Map<Graph, Flow>;
}

const PUSH = '.SidecarDataPlane/PushRecords';
const RECEIVE = '.SidecarDataPlane/ReceiveRecords';

/** Takes records from local sources and from other sidecars, runs them over their graphs, and answers for each. */
export class DataPlane {
  readonly sources: Sources;
  readonly budget: ByteBudget;
  readonly #options: DataPlaneOptions;
  readonly #receiving: ReceiveContext;
  readonly #pipelines = new Map<string, Pipeline>();
  readonly #doors = {
    push: new DoorCounts((id) => this.#countsOf(id)),
    peer: new DoorCounts((id) => this.#countsOf(id)),
  };
  readonly #streams = new Set<PushStream>();
  readonly #byHeaders: StreamsByHeaders = new WeakMap();
  /** Calls of other sidecars that were let in, by their headers: each is told when its message is here. */
  readonly #arrivals = new WeakMap<Metadata, () => void>();
  #batches = 0;
  #peerRuns = 0;
  #lastPeerCall = 0;
  #lastStreamMs = -Infinity;
  #leavingPeers = false;
  #leavingSources = false;

  constructor(options: DataPlaneOptions) {
    this.#options = options;
    this.budget = new ByteBudget(options.byteBudget);
    this.sources = new Sources(options.clock);
    addDataPlaneMetrics(options.registry, {
      pipelines: this.#pipelines,
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
    if (pipelineId !== undefined) return this.#pipelines.get(pipelineId)?.ledger.inFlight ?? 0;
    return [...this.#pipelines.values()].reduce((sum, { ledger }) => sum + ledger.inFlight, 0);
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
    for (const [id, { flows }] of this.#pipelines) {
      if (pipelineId === undefined || id === pipelineId) for (const flow of flows.values()) flow.expire();
    }
  }

  /** Ends the push streams; each when its last batch is acknowledged. */
  endStreams(): void {
    for (const stream of this.#streams) stream.finish();
  }

  /** Forgets pipelines that are not assigned any more, their series too; those that still run stay until they are done. */
  retain(pipelineIds: ReadonlySet<string>): void {
    for (const [id, pipeline] of this.#pipelines) this.#tidy(id, pipeline, pipelineIds.has(id));
  }

  /** What a pipeline has done here: the ledger, and the totals of its stages. */
  report(): Map<string, { ledger: Ledger; stages: ReadonlyMap<string, StageTotals> }> {
    return new Map(
      [...this.#pipelines].map(([id, { ledger, counts }]) => [
        id,
        { ledger, stages: new Map([...counts.stages].map(([stage, { totals }]) => [stage, totals])) },
      ]),
    );
  }

  /** Records that wait, by pipeline and stage. */
  buffered(): { pipeline: string; stage: string; records: number }[] {
    return [...this.#pipelines].flatMap(([pipeline, { flows }]) =>
      [...flows.values()].flatMap((flow) => flow.buffered().map((stage) => ({ pipeline, ...stage }))),
    );
  }

  #countsOf(id: string): PipelineCounts | undefined {
    return this.#options.routes.route(id) === undefined ? undefined : this.#pipelineOf(id).counts;
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
      enter: (graph, entering) => this.#enter(graph, entering),
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
    const acks = await this.#enter(graph, entering);
    this.#peerRuns--;
    return acks;
  }

  async #enter(graph: Graph, entering: EnteringBatch): Promise<BatchAcks> {
    const { clock } = this.#options;
    const pipeline = this.#pipelineOf(graph.pipelineId);
    const startedAt = clock.now();
    const acks = await this.#flowOf(pipeline, graph).enter(entering);
    pipeline.counts.acknowledged(acks, clock.now() - startedAt);
    const route = this.#options.routes.route(graph.pipelineId);
    if (route?.graph !== graph) this.#tidy(graph.pipelineId, pipeline, route !== undefined);
    return acks;
  }

  #pipelineOf(id: string): Pipeline {
    let pipeline = this.#pipelines.get(id);
    if (pipeline === undefined) {
      pipeline = { ledger: new Ledger(), counts: new PipelineCounts(), flows: new Map() };
      this.#pipelines.set(id, pipeline);
    }
    return pipeline;
  }

  #flowOf({ flows, ledger, counts }: Pipeline, graph: Graph): Flow {
    let flow = flows.get(graph);
    if (flow === undefined) {
      const { clock, caller, routes, instance } = this.#options;
      flow = new Flow(graph, {
        clock,
        caller: {
          acquire: caller.acquire.bind(caller),
          isCurrent: caller.isCurrent.bind(caller),
          hasLocal: routes.hasLocal.bind(routes),
        },
        budget: this.budget,
        ledger,
        observer: counts,
        newBatchId: () => `${instance}/${++this.#batches}`,
      });
      flows.set(graph, flow);
    }
    return flow;
  }

  /** A graph that was replaced, and a pipeline that was revoked, go when their last batch is done. */
  #tidy(id: string, { flows, ledger }: Pipeline, assigned: boolean): void {
    const current = this.#options.routes.route(id)?.graph;
    for (const [graph, flow] of flows) if (graph !== current && flow.idle) flows.delete(graph);
    if (assigned || ledger.runs > 0) return;
    this.#pipelines.delete(id);
  }
}
