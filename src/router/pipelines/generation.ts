import { createHash } from 'node:crypto';
import type { PipelineDefinition } from './definition.ts';

/**
 * A hash of what decides a record's way through the pipeline: never 0, at most 2^53 - 1 so that a number holds it,
 * the same from every router and after a restart, whatever the order of keys, stages or edges, wherever stages run
 * (semantics, One graph for one record).
 */
export function generation({ id, stages, edges, ordering }: PipelineDefinition): number {
  const parts = [
    id,
    ordering,
    stages
      .map((stage) => canonical([stage.id, stage.type, stage.serviceName, stage.labels, stage.config]))
      .sort(),
    edges.map(({ from, to }) => canonical([from, to])).sort(),
  ];
  const digest = createHash('sha256').update(canonical(parts)).digest();
  return Number(digest.readBigUInt64BE() >> 11n) || 1;
}

/** JSON with the keys of objects in byte order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
