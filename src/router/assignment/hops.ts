import { MAX_HOPS } from '../../foundation/grpc/definitions.ts';
import type { Condition } from './conditions.ts';
import type { PipelineToPlace } from './inputs.ts';

/**
 * Says when records may have to pass through more sidecars than they can: each edge whose stages are not in the same
 * pods is one more on the way.
 * @param hosts by stage, the sidecars that offer it.
 */
export function hopConditions(
  { stages, edges }: PipelineToPlace,
  hosts: ReadonlyMap<string, ReadonlyMap<string, unknown>>,
): Condition[] {
  if (stages.length <= MAX_HOPS + 1) return [];
  const next = Map.groupBy(edges, ({ from }) => from);
  const isHop = (from: string, to: string): boolean =>
    [...(hosts.get(from)?.keys() ?? [])].some((sidecarId) => hosts.get(to)?.has(sidecarId) !== true);
  const known = new Map<string, number>();
  const hopsFrom = (id: string): number => {
    const hops =
      known.get(id) ??
      Math.max(0, ...(next.get(id) ?? []).map(({ to }) => hopsFrom(to) + Number(isHop(id, to))));
    known.set(id, hops);
    return hops;
  };
  const most = Math.max(...stages.map(({ id }) => hopsFrom(id)));
  if (most <= MAX_HOPS) return [];
  const message = `records would pass through ${most + 1} sidecars, and are given back after ${MAX_HOPS} hops: put stages that follow one another into one pod`;
  return [{ type: 'HOP_LIMIT', message }];
}
