import type { Graph } from '../../routing/graph.ts';

/** Ids of the stages that one batch can come to by several ways. */
export function joinsOf({ sources, stages }: Graph): ReadonlySet<string> {
  const joins = new Set<string>();
  for (const source of sources) {
    const reached = new Set<string>();
    const edges = [...source.next];
    for (let id = edges.pop(); id !== undefined; id = edges.pop()) {
      if (reached.has(id)) joins.add(id);
      else edges.push(...(stages.get(id)?.next ?? []));
      reached.add(id);
    }
  }
  return joins;
}
