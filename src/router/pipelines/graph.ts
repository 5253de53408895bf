import type { PipelineDefinition } from './definition.ts';

/** What is wrong with a graph, and which stage or edge it is about (for the line in the manifest). */
export interface GraphFault {
  readonly reason: string;
  readonly at?: { readonly list: 'stages' | 'edges'; readonly index: number };
}

/**
 * Everything that is wrong with a pipeline's graph: duplicates, edges to unknown stages, edges into a source or out
 * of a sink, a cycle, a stage that no source reaches, a source that leads nowhere. Empty: it can run.
 */
export function graphFaults(pipeline: PipelineDefinition): GraphFault[] {
  const local = [...stageFaults(pipeline), ...edgeFaults(pipeline)];
  // the rest would only repeat in other words what is wrong with single edges
  if (local.length > 0) return local;
  return [...cycleFaults(pipeline), ...reachFaults(pipeline), ...sourceFaults(pipeline)];
}

function stageFaults({ stages }: PipelineDefinition): GraphFault[] {
  const seen = new Set<string>();
  const faults = stages.flatMap(({ id }, index): GraphFault[] => {
    if (!seen.has(id)) {
      seen.add(id);
      return [];
    }
    return [{ reason: `stage "${id}" is listed twice`, at: { list: 'stages', index } }];
  });
  if (stages.some(({ type }) => type === 'source')) return faults;
  return [...faults, { reason: 'no stage is of type source' }];
}

function edgeFaults({ stages, edges }: PipelineDefinition): GraphFault[] {
  const types = new Map(stages.map(({ id, type }) => [id, type]));
  const seen = new Set<string>();
  return edges.flatMap(({ from, to }, index) => {
    const key = JSON.stringify([from, to]);
    const reasons = [
      ...[from, to]
        .filter((id) => !types.has(id))
        .map((id) => `edge to a stage "${id}" that is not in stages`),
      ...(types.get(to) === 'source' ? [`edge into "${to}", which is a source`] : []),
      ...(types.get(from) === 'sink' ? [`edge out of "${from}", which is a sink`] : []),
      ...(seen.has(key) ? [`edge from "${from}" to "${to}" is listed twice`] : []),
    ];
    seen.add(key);
    return reasons.map((reason) => ({ reason, at: { list: 'edges' as const, index } }));
  });
}

function successors({ edges }: PipelineDefinition): Map<string, string[]> {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to]);
  return next;
}

/** Takes away stages without incoming edges until none is left; what stays stands in a cycle, or behind one. */
function cycleFaults(pipeline: PipelineDefinition): GraphFault[] {
  const next = successors(pipeline);
  const incoming = new Map(pipeline.stages.map(({ id }) => [id, 0]));
  for (const { to } of pipeline.edges) incoming.set(to, (incoming.get(to) ?? 0) + 1);
  const free = [...incoming].filter(([, count]) => count === 0).map(([id]) => id);
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    incoming.delete(id);
    for (const to of next.get(id) ?? []) {
      const left = (incoming.get(to) ?? 1) - 1;
      incoming.set(to, left);
      if (left === 0) free.push(to);
    }
  }
  if (incoming.size === 0) return [];
  const cycle = cycleAmong(incoming, next);
  const index = pipeline.edges.findIndex(({ from, to }) => from === cycle[0] && to === cycle[1]);
  return [{ reason: `the edges form a cycle: ${cycle.join(' -> ')}`, at: { list: 'edges', index } }];
}

function cycleAmong(left: ReadonlyMap<string, number>, next: ReadonlyMap<string, string[]>): string[] {
  // going backwards from any stage that is left stays among them, so it must meet itself
  const before = new Map<string, string>();
  for (const from of left.keys()) for (const to of next.get(from) ?? []) before.set(to, from);
  const path: string[] = [];
  let id = [...left.keys()][0];
  while (id !== undefined && !path.includes(id)) {
    path.push(id);
    id = before.get(id);
  }
  if (id === undefined) return path;
  return [id, ...path.slice(path.indexOf(id)).slice(1).reverse(), id];
}

function reachFaults(pipeline: PipelineDefinition): GraphFault[] {
  const next = successors(pipeline);
  const open = pipeline.stages.filter(({ type }) => type === 'source').map(({ id }) => id);
  const reached = new Set(open);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const to of next.get(id) ?? []) {
      if (!reached.has(to)) open.push(to);
      reached.add(to);
    }
  }
  return pipeline.stages.flatMap(({ id }, index) =>
    reached.has(id)
      ? []
      : [{ reason: `no source reaches stage "${id}"`, at: { list: 'stages' as const, index } }],
  );
}

/** What such a source sends would be acknowledged and be nowhere. */
function sourceFaults({ stages, edges }: PipelineDefinition): GraphFault[] {
  const left = new Set(edges.map(({ from }) => from));
  return stages.flatMap(({ id, type }, index) =>
    type !== 'source' || left.has(id)
      ? []
      : [{ reason: `no edge leaves source "${id}"`, at: { list: 'stages' as const, index } }],
  );
}
