import type { Clock } from '../../foundation/lifecycle/clock.ts';
import type { Graph } from '../routing/graph.ts';
import type { BatchAcks } from '../wire/writer.ts';
import type { ByteBudget } from './byte-budget.ts';
import { PipelineCounts, type StageTotals } from './counts.ts';
import type { Routes } from './door/door.ts';
import { type EnteringBatch, Flow } from './flow/flow.ts';
import type { StageCaller } from './flow/hop.ts';
import { Ledger } from './ledger.ts';

/** What the pipelines stand on. */
export interface PipelinesContext {
  readonly clock: Clock;
  readonly routes: Routes;
  readonly caller: StageCaller;
  readonly budget: ByteBudget;
  /** Of this start of the sidecar: what it numbers is never numbered so again. */
  readonly instance: string;
}

/** What a pipeline has done here. */
interface Pipeline {
  readonly ledger: Ledger;
  readonly counts: PipelineCounts;
  /** By graph: batches run to their end on the one that they began with. */
  readonly flows: Map<Graph, Flow>;
}

/** What is told of a pipeline: the ledger, and the totals of its stages. */
export interface PipelineReport {
  readonly ledger: Ledger;
  readonly stages: ReadonlyMap<string, StageTotals>;
}

/** The pipelines that run here, each kept as long as it is assigned or runs. */
export class Pipelines {
  readonly #context: PipelinesContext;
  readonly #all = new Map<string, Pipeline>();
  #batches = 0;

  constructor(context: PipelinesContext) {
    this.#context = context;
  }

  /** As they are now, by id. */
  get all(): ReadonlyMap<string, Pick<Pipeline, 'ledger' | 'counts'>> {
    return this.#all;
  }

  /** Of a pipeline that is assigned: one that was revoked must not get series again. */
  countsOf(id: string): PipelineCounts | undefined {
    return this.#context.routes.route(id) === undefined ? undefined : this.#pipelineOf(id).counts;
  }

  /** Runs a batch over a graph. Resolves to the fate of each record. */
  async enter(graph: Graph, entering: EnteringBatch): Promise<BatchAcks> {
    const { clock, routes } = this.#context;
    const pipeline = this.#pipelineOf(graph.pipelineId);
    const startedAt = clock.now();
    const acks = await this.#flowOf(pipeline, graph).enter(entering);
    pipeline.counts.acknowledged(acks, clock.now() - startedAt);
    const route = routes.route(graph.pipelineId);
    if (route?.graph !== graph) this.#tidy(graph.pipelineId, pipeline, route !== undefined);
    return acks;
  }

  /** Copies of records on their way, of one pipeline or of all. */
  inFlight(id?: string): number {
    if (id !== undefined) return this.#all.get(id)?.ledger.inFlight ?? 0;
    return [...this.#all.values()].reduce((sum, { ledger }) => sum + ledger.inFlight, 0);
  }

  /** Gives back what is in flight, of one pipeline or of all: RETRY DEADLINE. */
  expire(id?: string): void {
    for (const [each, { flows }] of this.#all) {
      if (id === undefined || each === id) for (const flow of flows.values()) flow.expire();
    }
  }

  /** Forgets those that are not assigned any more, their series too; those that still run stay until they are done. */
  retain(ids: ReadonlySet<string>): void {
    for (const [id, pipeline] of this.#all) this.#tidy(id, pipeline, ids.has(id));
  }

  report(): Map<string, PipelineReport> {
    return new Map(
      [...this.#all].map(([id, { ledger, counts }]) => [
        id,
        { ledger, stages: new Map([...counts.stages].map(([stage, { totals }]) => [stage, totals])) },
      ]),
    );
  }

  /** Records that wait, by pipeline and stage. */
  buffered(): { pipeline: string; stage: string; records: number }[] {
    return [...this.#all].flatMap(([pipeline, { flows }]) =>
      [...flows.values()].flatMap((flow) => flow.buffered().map((stage) => ({ pipeline, ...stage }))),
    );
  }

  #pipelineOf(id: string): Pipeline {
    let pipeline = this.#all.get(id);
    if (pipeline === undefined) {
      pipeline = { ledger: new Ledger(), counts: new PipelineCounts(), flows: new Map() };
      this.#all.set(id, pipeline);
    }
    return pipeline;
  }

  #flowOf({ flows, ledger, counts }: Pipeline, graph: Graph): Flow {
    let flow = flows.get(graph);
    if (flow === undefined) {
      const { clock, caller, routes, budget, instance } = this.#context;
      flow = new Flow(graph, {
        clock,
        caller: {
          acquire: caller.acquire.bind(caller),
          isCurrent: caller.isCurrent.bind(caller),
          hasLocal: routes.hasLocal.bind(routes),
        },
        budget,
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
    const current = this.#context.routes.route(id)?.graph;
    for (const [graph, flow] of flows) if (graph !== current && flow.idle) flows.delete(graph);
    if (!assigned && ledger.runs === 0) this.#all.delete(id);
  }
}
