import type { Graph, Source, Stage } from '../../routing/graph.ts';
import type { RecordOutline } from '../../wire/outline.ts';
import type { AckException, BatchAcks } from '../../wire/writer.ts';

/** A pipeline as it is assigned now. */
export interface Assigned {
  readonly graph: Graph;
  /** Takes nothing new. */
  readonly draining: boolean;
}

/** Where a source's records enter. */
export interface Entry extends Assigned {
  readonly source: Source;
}

/** What the data plane needs to know of the routes, always by the newest table. */
export interface Routes {
  /**
   * Where a source's records enter; undefined: no such pipeline is assigned, as yet.
   * @throws ConveyorError INVALID_ARGUMENT that lists the choices, where several could be meant.
   */
  entry(push: { sourceId: string; pipelineId: string }): Entry | undefined;
  route(pipelineId: string): Assigned | undefined;
  /** The pipeline with this generation; empty: none. */
  pipelineOf(generation: number): string;
  hasLocal(graph: Graph, stage: Stage): boolean;
}

/** Why a batch is not let in. Nothing of it has run. */
export interface Refusal {
  readonly code:
    | 'DRAINING'
    | 'PIPELINE_NOT_ASSIGNED'
    | 'STAGE_NOT_ASSIGNED'
    | 'GENERATION_SKEW'
    | 'STAGE_TYPE_UNKNOWN'
    | 'HOP_LIMIT';
  readonly error: string;
}

/** What a sidecar that ends says at its door. */
export const LEAVING: Refusal = { code: 'DRAINING', error: 'the sidecar is draining' };

/** RETRY for every record. */
export function refusalAcks(records: readonly RecordOutline[], { code, error }: Refusal): BatchAcks {
  const exception: AckException = { status: 'retry', code, error };
  return { records, exceptions: new Map(records.map((_, index) => [index, exception])) };
}

/** Tells a refusal from what is let in. */
export function isRefusal(admitted: object): admitted is Refusal {
  return 'code' in admitted;
}

/** The pipeline, where it takes records at this moment. @param name how to speak of one that is not assigned. */
export function admitTo<A extends Assigned>(assigned: A | undefined, name: string): A | Refusal {
  if (assigned === undefined) {
    return { code: 'PIPELINE_NOT_ASSIGNED', error: `${name} is not assigned to this sidecar, as yet` };
  }
  const { graph, draining } = assigned;
  if (draining) return { code: 'DRAINING', error: `pipeline "${graph.pipelineId}" is draining` };
  if (graph.fault !== undefined) return { code: graph.fault.code, error: graph.fault.message };
  return assigned;
}
