import { ConveyorError } from '../../foundation/errors.ts';
import type { Graph, Source } from './graph.ts';
import type { Route, RoutingTable } from './table.ts';

/** What a source says of itself on a PushRecords stream. */
export interface Push {
  readonly sourceId: string;
  /** Empty: the one assigned pipeline that this source feeds. */
  readonly pipelineId: string;
  /** The namespace of this sidecar, meant by an id without one. */
  readonly namespace: string;
}

/** Where a source's records enter. */
export interface Entry {
  readonly route: Route;
  readonly source: Source;
}

const isSource = ({ id, serviceName }: Source, sourceId: string): boolean =>
  id === sourceId || serviceName === sourceId;

const list = (ids: readonly string[]): string => ids.map((id) => `"${id}"`).join(', ');

function routeById(table: RoutingTable, { pipelineId, namespace }: Push): Route | undefined {
  const exact = table.routes.get(pipelineId);
  return exact ?? (pipelineId.includes('/') ? undefined : table.routes.get(`${namespace}/${pipelineId}`));
}

/** A pipeline whose source runs in this pod: here that is one whose source stage has no other place. */
function hasSourceHere({ graph, placements }: Route): boolean {
  return graph.sources.some(({ id }) => id === '' || placements.get(id)?.localEndpoint !== undefined);
}

function routeBySource(table: RoutingTable, { sourceId }: Push): Route | undefined {
  const routes = [...table.routes.values()];
  const named = routes.filter(({ graph }) => graph.sources.some((source) => isSource(source, sourceId)));
  const candidates = named.length > 0 ? named : routes.filter(hasSourceHere);
  if (candidates.length > 1) {
    const ids = list(candidates.map(({ graph }) => graph.pipelineId));
    throw new ConveyorError(
      'INVALID_ARGUMENT',
      `source "${sourceId}" could feed several pipelines, name one in PushInit.pipeline_id: ${ids}`,
    );
  }
  return candidates[0];
}

function sourceOf({ sources, pipelineId }: Graph, sourceId: string): Source {
  const source =
    sources.find((each) => isSource(each, sourceId)) ?? (sources.length === 1 ? sources[0] : undefined);
  if (source !== undefined) return source;
  throw new ConveyorError(
    'INVALID_ARGUMENT',
    `"${sourceId}" is none of the sources of pipeline "${pipelineId}": ${list(sources.map(({ id }) => id))}`,
  );
}

/**
 * Where the records of a source enter, by the newest table (semantics.md, "PushInit"). Undefined: no such pipeline is
 * assigned, as yet.
 * @throws ConveyorError INVALID_ARGUMENT that lists the choices, where several could be meant.
 */
export function entryOf(table: RoutingTable, push: Push): Entry | undefined {
  const route = push.pipelineId === '' ? routeBySource(table, push) : routeById(table, push);
  return route === undefined ? undefined : { route, source: sourceOf(route.graph, push.sourceId) };
}
