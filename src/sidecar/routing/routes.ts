import type { PipelineAssignment__Output } from '../../foundation/grpc/gen/conveyor/sidecar/PipelineAssignment.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import { type Entry, entryOf } from './entry.ts';
import type { Graph, StageType } from './graph.ts';
import { EMPTY_TABLE, nextTable, type Route, type RoutingTable, withDraining, without } from './table.ts';

/** What the routes need to know of the work that runs on them. */
export interface WorkInFlight {
  inFlight(pipelineId: string): number;
  /** Gives back what is in flight: RETRY DEADLINE. */
  expire(pipelineId: string): void;
}

/** What the routes stand on. */
export interface RoutesOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly namespace: string;
  /** The type of the local service at an endpoint, for routers that do not say types. */
  readonly typeAt: (endpoint: string) => StageType | undefined;
  /** How long a revoked pipeline may take to finish what runs. */
  readonly drainTimeoutMs: number;
  readonly work: () => WorkInFlight;
  readonly onChange: (table: RoutingTable) => void;
}

/** A pipeline that finishes what runs; one that was revoked goes when it has. */
interface Drain {
  readonly end: AbortController;
  readonly revoked: boolean;
}

/** How often a drain looks whether it is done. */
const LOOK_MS = 20;

/** Holds the newest routing table, and lets pipelines that go finish first. */
export class Routes {
  readonly #options: RoutesOptions;
  readonly #drains = new Map<string, Drain>();
  #table: RoutingTable = EMPTY_TABLE;

  constructor(options: RoutesOptions) {
    this.#options = options;
  }

  /** The newest table. */
  get table(): RoutingTable {
    return this.#table;
  }

  /** Takes the whole set of pipelines that shall run now; those named finish what runs before they go. */
  assign(assignments: readonly PipelineAssignment__Output[], drainFirst: ReadonlySet<string>): void {
    const { clock, typeAt, drainTimeoutMs } = this.#options;
    const before = this.#table;
    this.#set(nextTable(before, { assignments, drainFirst, typeAt, now: clock.wallTime() }));
    const assigned = new Set(assignments.map(({ pipelineId }) => pipelineId));
    for (const id of assigned) if (this.route(id)?.draining === false) this.#endDrain(id);
    for (const id of this.#table.routes.keys()) {
      if (assigned.has(id) || this.#drains.get(id)?.revoked === true) continue;
      this.#endDrain(id);
      this.#beginDrain(id, drainTimeoutMs, true);
    }
  }

  /** The named pipelines, or all, take nothing new and finish within the time; their next assignment ends it. */
  drain(pipelineIds: readonly string[], timeoutMs: number): void {
    const ids = pipelineIds.length > 0 ? pipelineIds : [...this.#table.routes.keys()];
    this.#set(withDraining(this.#table, ids));
    for (const id of ids)
      if (this.route(id) !== undefined && !this.#drains.has(id)) this.#beginDrain(id, timeoutMs, false);
  }

  /** Whether there are routes: a router that has just started leaves those who have some alone. */
  held(): boolean {
    return this.#table.routes.size > 0;
  }

  /** The route of a pipeline. */
  route(pipelineId: string): Route | undefined {
    return this.#table.routes.get(pipelineId);
  }

  /** Where a source's records enter. @throws ConveyorError INVALID_ARGUMENT where several could be meant. */
  entry(push: { sourceId: string; pipelineId: string }): (Pick<Entry, 'source'> & Route) | undefined {
    const entry = entryOf(this.#table, { ...push, namespace: this.#options.namespace });
    return entry === undefined ? undefined : { ...entry.route, source: entry.source };
  }

  /** The pipeline with this generation; empty: none. */
  pipelineOf(generation: number): string {
    if (generation === 0) return '';
    for (const [id, { graph }] of this.#table.routes) if (graph.generation === generation) return id;
    return '';
  }

  /** Whether the graph is still the one that is assigned. */
  isCurrent(graph: Graph): boolean {
    return this.route(graph.pipelineId)?.graph === graph;
  }

  /** Ends all drains that wait. */
  stop(): void {
    for (const id of [...this.#drains.keys()]) this.#endDrain(id);
  }

  #set(table: RoutingTable): void {
    this.#table = table;
    this.#options.onChange(table);
  }

  #endDrain(id: string): void {
    this.#drains.get(id)?.end.abort();
    this.#drains.delete(id);
  }

  #beginDrain(id: string, timeoutMs: number, revoked: boolean): void {
    const end = new AbortController();
    this.#drains.set(id, { end, revoked });
    void this.#finish(id, timeoutMs, end.signal).then(() => {
      // a drain that the router ordered stays until the next assignment
      if (end.signal.aborted || !revoked) return;
      this.#drains.delete(id);
      this.#set(without(this.#table, id));
    });
  }

  /** Waits until nothing of the pipeline is in flight; what is, when the time is over, is given back. */
  async #finish(id: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { clock, work, logger } = this.#options;
    const until = clock.now() + timeoutMs;
    while (!signal.aborted && work().inFlight(id) > 0 && clock.now() < until) {
      await clock.sleep(Math.min(LOOK_MS, until - clock.now()), signal).catch(() => undefined);
    }
    if (signal.aborted) return;
    const returned = work().inFlight(id);
    if (returned > 0) work().expire(id);
    logger.info('pipeline drained', { pipeline: id, returned });
  }
}
