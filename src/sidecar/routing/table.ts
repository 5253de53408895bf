import type { PipelineAssignment__Output } from '../../foundation/grpc/gen/conveyor/sidecar/PipelineAssignment.ts';
import { type Graph, graphOf, type StageType } from './graph.ts';

/** Another sidecar that offers a stage. */
export interface Replica {
  readonly sidecarId: string;
  readonly endpoint: string;
}

/** Where a stage runs, seen from this sidecar, and what those who run it elsewhere take. */
export interface Placement {
  /** Endpoint of the local service; undefined: the stage runs elsewhere. */
  readonly localEndpoint: string | undefined;
  readonly replicas: readonly Replica[];
  /** Records in one call; 0: not stated. */
  readonly maxBatchSize: number;
  /** Calls at one time; 0: not stated. */
  readonly maxConcurrentBatches: number;
}

/** A pipeline of this sidecar: what it is, and where its stages run at this moment. */
export interface Route {
  readonly graph: Graph;
  readonly placements: ReadonlyMap<string, Placement>;
  /** Takes nothing new, finishes what runs. */
  readonly draining: boolean;
  /** As it was received. */
  readonly assignment: PipelineAssignment__Output;
  /** Milliseconds since 1970 at which it was last assigned. */
  readonly assignedAt: number;
}

/** All routes at one moment. Never changed: a new one replaces it whole. */
export interface RoutingTable {
  readonly version: number;
  readonly routes: ReadonlyMap<string, Route>;
}

/** The table before the first assignment. */
export const EMPTY_TABLE: RoutingTable = { version: 0, routes: new Map() };

/** What a new table is made of. */
export interface TableInput {
  /** The whole set that shall run now. */
  readonly assignments: readonly PipelineAssignment__Output[];
  /** Pipelines that are gone, but finish what runs first. */
  readonly drainFirst: ReadonlySet<string>;
  readonly typeAt: (endpoint: string) => StageType | undefined;
  readonly now: number;
}

function placementsOf(assignment: PipelineAssignment__Output): Map<string, Placement> {
  const placements = new Map<string, Placement>();
  for (const stage of assignment.stages) {
    const known = placements.get(stage.stageId);
    const first = stage.remoteSidecar ? [stage.remoteSidecar] : [];
    const listed = stage.replicas.length > 0 ? stage.replicas : first;
    const replicas = [...(known?.replicas ?? []), ...listed].map(({ sidecarId, endpoint }) => ({
      sidecarId,
      endpoint,
    }));
    placements.set(stage.stageId, {
      localEndpoint:
        known?.localEndpoint ?? (stage.target === 'localEndpoint' ? stage.localEndpoint : undefined),
      replicas: [...new Map(replicas.map((replica) => [replica.endpoint, replica])).values()],
      maxBatchSize: stage.maxBatchSize,
      maxConcurrentBatches: stage.maxConcurrentBatches,
    });
  }
  return placements;
}

function routeOf(assignment: PipelineAssignment__Output, known: Route | undefined, input: TableInput): Route {
  const graph = graphOf(assignment, input.typeAt);
  return {
    // a definition that did not change keeps its graph: what runs and what comes stay in the same lanes
    graph: known?.graph.key === graph.key ? known.graph : graph,
    placements: placementsOf(assignment),
    // a drain that the router ordered ends with the next assignment of this pipeline; the same one was not sent anew
    draining: known?.draining === true && known.assignment === assignment,
    assignment,
    assignedAt: input.now,
  };
}

/** The next table. Pure. */
export function nextTable(previous: RoutingTable, input: TableInput): RoutingTable {
  const routes = new Map<string, Route>();
  for (const assignment of input.assignments) {
    routes.set(assignment.pipelineId, routeOf(assignment, previous.routes.get(assignment.pipelineId), input));
  }
  for (const [id, route] of previous.routes) {
    if (!routes.has(id) && (route.draining || input.drainFirst.has(id)))
      routes.set(id, { ...route, draining: true });
  }
  return { version: previous.version + 1, routes };
}

/** The table with the named pipelines draining. */
export function withDraining(table: RoutingTable, pipelineIds: readonly string[]): RoutingTable {
  const routes = new Map(table.routes);
  for (const id of pipelineIds) {
    const route = routes.get(id);
    if (route !== undefined) routes.set(id, { ...route, draining: true });
  }
  return { version: table.version + 1, routes };
}

/** The table without the named pipeline. */
export function without(table: RoutingTable, pipelineId: string): RoutingTable {
  const routes = new Map(table.routes);
  routes.delete(pipelineId);
  return { version: table.version + 1, routes };
}
