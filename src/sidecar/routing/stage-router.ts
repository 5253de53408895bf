import { ConveyorError } from '../../foundation/errors.ts';
import type { CallLimits, StageAnswer, StageCall, Target } from './call.ts';
import type { Graph, Stage } from './graph.ts';
import {
  DEFAULT_CONCURRENCY,
  DEFAULT_MERGE_RECORDS,
  type LocalRouter,
  type LocalService,
} from './local-router.ts';
import type { RemoteRouter } from './remote-router.ts';
import type { ReplicaChoice } from './replicas.ts';
import { Slots } from './slots.ts';
import type { Placement, RoutingTable } from './table.ts';

/** What the choice of a target is made from. */
export interface StageRouterOptions {
  readonly table: () => RoutingTable;
  readonly services: () => readonly LocalService[];
  readonly local: LocalRouter;
  readonly remote: RemoteRouter;
  readonly replicas: ReplicaChoice;
  readonly maxCallBytes: number;
}

const ALL_TYPES: ReadonlySet<string> = new Set();
const NOT_STATED = { maxBatchSize: 0, maxConcurrentBatches: 0 };

/** Chooses, at each call and from the newest table, where a stage runs. */
export class StageRouter {
  readonly #options: StageRouterOptions;
  /** Places for calls to a stage elsewhere. */
  readonly #slots = new Map<string, Slots>();

  constructor(options: StageRouterOptions) {
    this.#options = options;
  }

  /**
   * Holds a target for one call: now, or when the stage has room. Rejects when the signal aborts first.
   * @param tried endpoints at which this call has failed; the target adds its own.
   */
  acquire(graph: Graph, stage: Stage, tried: Set<string>, signal: AbortSignal): Target | Promise<Target> {
    const service = this.localService(graph, stage);
    if (service !== undefined) return this.#options.local.acquire(service, signal);
    const { maxBatchSize, maxConcurrentBatches } = this.#placement(graph, stage) ?? NOT_STATED;
    const slots = this.#slotsOf(graph, stage, maxConcurrentBatches || DEFAULT_CONCURRENCY);
    const waiting = slots.take(signal);
    const target = this.#remoteTarget({ graph, stage, tried, slots }, maxBatchSize);
    return waiting === undefined ? target : waiting.then(() => target);
  }

  /** The healthy service of this pod that runs the stage. */
  localService(graph: Graph, stage: Stage): LocalService | undefined {
    const endpoint = this.#placement(graph, stage)?.localEndpoint;
    if (endpoint === undefined) return undefined;
    const services = this.#options
      .services()
      .filter(({ type, health }) => type === stage.type && health !== 'unhealthy');
    // by name first: a service that moved to another port is still the stage; a router may also know only the endpoint
    return (
      services.find(({ name }) => name === stage.serviceName) ??
      services.find((service) => service.endpoint === endpoint)
    );
  }

  /** Forgets what is in no route any more. */
  retain(table: RoutingTable): void {
    const keys = new Set<string>();
    const endpoints = new Set<string>();
    for (const [pipelineId, { placements }] of table.routes) {
      for (const [stageId, { replicas }] of placements) {
        keys.add(keyOf(pipelineId, stageId));
        for (const { endpoint } of replicas) endpoints.add(endpoint);
      }
    }
    for (const [key, slots] of this.#slots) if (!keys.has(key) && slots.taken === 0) this.#slots.delete(key);
    this.#options.replicas.retain(endpoints, keys);
    this.#options.remote.retain(endpoints);
  }

  #placement(graph: Graph, stage: Stage): Placement | undefined {
    return this.#options.table().routes.get(graph.pipelineId)?.placements.get(stage.id);
  }

  #slotsOf(graph: Graph, stage: Stage, limit: number): Slots {
    const key = keyOf(graph.pipelineId, stage.id);
    let slots = this.#slots.get(key);
    if (slots === undefined) {
      slots = new Slots(limit);
      this.#slots.set(key, slots);
    }
    slots.limit = limit;
    return slots;
  }

  #remoteTarget(remote: Remote, maxBatchSize: number): Target {
    const limits: CallLimits = {
      maxRecords: maxBatchSize || DEFAULT_MERGE_RECORDS,
      stated: maxBatchSize > 0,
      maxBytes: this.#options.maxCallBytes,
      recordTypes: ALL_TYPES,
    };
    return {
      limits,
      call: (call) => this.#callRemote(remote, call),
      release: () => remote.slots.give(),
    };
  }

  async #callRemote({ graph, stage, tried }: Remote, call: StageCall): Promise<StageAnswer> {
    const { replicas, remote, table } = this.#options;
    const placement = this.#placement(graph, stage);
    const replica = replicas.choose(keyOf(graph.pipelineId, stage.id), placement?.replicas ?? [], tried);
    if (replica === undefined) return unplaced(graph, stage, placement);
    const answer = await remote.call(replica.endpoint, call);
    if (answer.kind === 'answered') {
      replicas.report(replica.endpoint, true);
      return answer;
    }
    tried.add(replica.endpoint);
    // who is of another generation than an outdated caller is not ill
    const outdated = table().routes.get(graph.pipelineId)?.graph !== graph;
    const innocent =
      answer.error.code === 'CANCELLED' || (answer.error.code === 'GENERATION_SKEW' && outdated);
    if (!innocent) replicas.report(replica.endpoint, false);
    return {
      ...answer,
      elsewhere: placement?.replicas.some(({ endpoint }) => !tried.has(endpoint)) ?? false,
    };
  }
}

/** Names a stage of a pipeline, whatever its definition. */
function keyOf(pipelineId: string, stageId: string): string {
  return `${pipelineId}\0${stageId}`;
}

interface Remote {
  readonly graph: Graph;
  readonly stage: Stage;
  readonly tried: Set<string>;
  readonly slots: Slots;
}

function unplaced(graph: Graph, stage: Stage, placement: Placement | undefined): StageAnswer {
  const error =
    placement === undefined
      ? new ConveyorError(
          'PIPELINE_NOT_ASSIGNED',
          `pipeline "${graph.pipelineId}" is not assigned here any more`,
        )
      : new ConveyorError(
          'UNAVAILABLE',
          `nothing offers stage "${stage.id}" of "${graph.pipelineId}" at this moment`,
        );
  return { kind: 'failed', error, sizeProven: false, aboveLimit: false, elsewhere: false };
}
