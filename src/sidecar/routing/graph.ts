import type { PipelineAssignment__Output } from '../../foundation/grpc/gen/conveyor/sidecar/PipelineAssignment.ts';
import type { StageAssignment__Output } from '../../foundation/grpc/gen/conveyor/sidecar/StageAssignment.ts';
import { encodeConfig } from '../wire/writer.ts';

/** What a stage does. */
export type StageType = 'source' | 'transform' | 'sink';

/** A stage that records are sent to. */
export interface Stage {
  readonly id: string;
  readonly type: 'transform' | 'sink';
  readonly serviceName: string;
  /** `transform_config`, encoded once. */
  readonly config: Buffer;
  /** Ids of the stages that its outputs go to. */
  readonly next: readonly string[];
}

/** Where records enter. A source is never called. */
export interface Source {
  readonly id: string;
  readonly serviceName: string;
  readonly next: readonly string[];
}

/** Why a pipeline cannot be run as it was assigned. */
export interface GraphFault {
  readonly code: 'STAGE_TYPE_UNKNOWN';
  readonly message: string;
}

/** The definition of a pipeline, without where its stages run. A batch runs to its end on the graph it began with. */
export interface Graph {
  readonly pipelineId: string;
  /** A hash of the definition; 0 from a router that does not know generations. */
  readonly generation: number;
  readonly ordered: boolean;
  readonly sources: readonly Source[];
  readonly stages: ReadonlyMap<string, Stage>;
  readonly fault: GraphFault | undefined;
  /** `ORDER_BY_NAME`: a chain of several transforms whose order the router did not say. */
  readonly notes: readonly string[];
  /** Equal for equal definitions: tells a repeat from a change where there is no generation. */
  readonly key: string;
}

const TYPE_OF = {
  SERVICE_TYPE_SOURCE: 'source',
  SERVICE_TYPE_TRANSFORM: 'transform',
  SERVICE_TYPE_SINK: 'sink',
  SERVICE_TYPE_UNSPECIFIED: undefined,
} as const;
const RANK = { source: 0, transform: 1, sink: 2 } as const;

interface Node {
  readonly id: string;
  readonly type: StageType;
  readonly assigned: StageAssignment__Output;
}

/** The last of the words source, transform, sink in a name, in any case: how the existing sidecar reads names. */
function typeInName(name: string): StageType | undefined {
  return [...name.toLowerCase().matchAll(/source|transform|sink/g)].at(-1)?.[0] as StageType | undefined;
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The stages of a chain: transforms, then sinks; within a type by id in byte order (semantics.md, "Without edges"). */
function chainOf(nodes: readonly Node[]): readonly Node[] {
  const stages = nodes.filter(({ type }) => type !== 'source');
  return stages.sort((a, b) => RANK[a.type] - RANK[b.type] || byBytes(a.id, b.id));
}

/** Each source leads to the first stage of the chain: nothing is ever sent to a source. */
function chainEdges(nodes: readonly Node[]): [string, string][] {
  const chain = chainOf(nodes);
  const sources = nodes.filter(({ type }) => type === 'source');
  const starts = sources.flatMap(({ id }): [string, string][] =>
    chain[0] === undefined ? [] : [[id, chain[0].id]],
  );
  return [
    ...starts,
    ...chain.slice(1).map(({ id }, index): [string, string] => [chain[index]?.id ?? '', id]),
  ];
}

function hasCycle(next: ReadonlyMap<string, readonly string[]>): boolean {
  const done = new Set<string>();
  const visit = (id: string, path: ReadonlySet<string>): boolean => {
    if (path.has(id)) return true;
    if (done.has(id)) return false;
    const longer = new Set(path).add(id);
    const cyclic = (next.get(id) ?? []).some((following) => visit(following, longer));
    done.add(id);
    return cyclic;
  };
  return [...next.keys()].some((id) => visit(id, new Set()));
}

/**
 * Reads the graph out of an assignment.
 * @param typeAt the type of the local service at an endpoint, for routers that do not say types.
 */
export function graphOf(
  assignment: PipelineAssignment__Output,
  typeAt: (endpoint: string) => StageType | undefined,
): Graph {
  const typeOf = (stage: StageAssignment__Output): StageType | undefined =>
    TYPE_OF[stage.serviceType] ?? typeAt(stage.localEndpoint ?? '') ?? typeInName(stage.stageId);

  const nodes = new Map<string, Node>();
  for (const assigned of assignment.stages) {
    const type = typeOf(assigned);
    if (type !== undefined && !nodes.has(assigned.stageId))
      nodes.set(assigned.stageId, { id: assigned.stageId, type, assigned });
  }
  const untyped = new Set(assignment.stages.map(({ stageId }) => stageId)).difference(new Set(nodes.keys()));
  const faults = [...untyped].map((id) => `the type of stage "${id}" is not known`);
  const all = [...nodes.values()];
  const isChain = assignment.edges.length === 0;
  const edges = isChain
    ? chainEdges(all)
    : assignment.edges.map(({ fromStage, toStage }): [string, string] => [fromStage, toStage]);
  const next = new Map<string, string[]>(all.map(({ id }) => [id, []]));
  for (const [from, to] of edges) {
    const following = next.get(from);
    if (following === undefined || !next.has(to))
      faults.push(`an edge joins "${from}" and "${to}", which is no stage`);
    else if (nodes.get(to)?.type === 'source') faults.push(`an edge leads into the source "${to}"`);
    else following.push(to);
  }
  if (hasCycle(next)) faults.push('the edges run in a circle');
  for (const { id, type } of all) {
    if (type === 'source' && next.get(id)?.length === 0) faults.push(`nothing follows the source "${id}"`);
  }
  return assemble(assignment, { nodes: all, next, isChain, faults });
}

interface Parts {
  readonly nodes: readonly Node[];
  readonly next: ReadonlyMap<string, readonly string[]>;
  readonly isChain: boolean;
  readonly faults: readonly string[];
}

function assemble(assignment: PipelineAssignment__Output, { nodes, next, isChain, faults }: Parts): Graph {
  const nameOf = ({ id, assigned }: Node): string =>
    assigned.serviceName === '' ? id : assigned.serviceName;
  const sources = nodes
    .filter(({ type }) => type === 'source')
    .map((node): Source => ({ id: node.id, serviceName: nameOf(node), next: next.get(node.id) ?? [] }));
  const stages = nodes.flatMap((node) =>
    node.type === 'source' ? [] : [stageOf(node, node.type, nameOf(node), next)],
  );
  const transforms = stages.filter(({ type }) => type === 'transform').length;
  // a source without a server is not known to routers without extensions: their chain starts with its first stage
  const start = chainStart(isChain, sources, nodes);
  return {
    pipelineId: assignment.pipelineId,
    generation: assignment.generation,
    ordered: assignment.ordering !== 'ORDERING_NONE',
    sources: start === undefined ? sources : [{ id: '', serviceName: '', next: [start] }],
    stages: new Map(stages.map((stage) => [stage.id, stage])),
    fault: faults[0] === undefined ? undefined : { code: 'STAGE_TYPE_UNKNOWN', message: faults.join('; ') },
    notes: isChain && transforms > 1 ? ['ORDER_BY_NAME'] : [],
    key: JSON.stringify([
      assignment.generation,
      assignment.ordering,
      nodes.map((node) => keyOf(node, next)).sort(),
      [...faults].sort(),
    ]),
  };
}

/** Equal for equal stages, in whatever order the router put config and edges. */
function keyOf({ id, type, assigned }: Node, next: ReadonlyMap<string, readonly string[]>): string {
  const config = Object.entries(assigned.config).sort(([a], [b]) => byBytes(a, b));
  return JSON.stringify([id, type, assigned.serviceName, config, [...(next.get(id) ?? [])].sort()]);
}

function chainStart(
  isChain: boolean,
  sources: readonly Source[],
  nodes: readonly Node[],
): string | undefined {
  if (!isChain || sources.length > 0) return undefined;
  return chainOf(nodes)[0]?.id;
}

function stageOf(
  { id, assigned }: Node,
  type: 'transform' | 'sink',
  serviceName: string,
  next: ReadonlyMap<string, readonly string[]>,
): Stage {
  return {
    id,
    type,
    serviceName,
    config: encodeConfig(assigned.config),
    next: next.get(id) ?? [],
  };
}
