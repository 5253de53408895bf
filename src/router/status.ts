import type { Condition } from './assignment/conditions.ts';
import type { RouterFigures } from './metrics.ts';
import { formatProblem } from './pipelines/problem.ts';
import type { PipelineStore, StoredPipeline } from './pipelines/store.ts';
import type { PlaneView } from './terms.ts';

/** Totals of one stage, added up over the sidecars that are registered. */
interface StageFigures {
  readonly recordsProcessed: number;
  readonly recordsBuffered: number;
  readonly errors: number;
  /** Mean over the sidecars, weighted by their records. */
  readonly avgLatencyMs: number;
}

const NONE: StageFigures = { recordsProcessed: 0, recordsBuffered: 0, errors: 0, avgLatencyMs: 0 };

/** What the router knows, for people: `/statusz`, RouterAdmin, gauges. */
export interface RouterStatus {
  /** JSON for `/statusz`. */
  statusz(): Record<string, unknown>;
  /** By stage id. */
  stageFigures(pipelineId: string): Record<string, StageFigures>;
  figures(): RouterFigures;
}

/** Reads status from the control plane and the store at each call. */
export function createStatus(plane: PlaneView, store: PipelineStore, version: string): RouterStatus {
  const conditionsOf = (pipeline: StoredPipeline): Condition[] => [
    ...(pipeline.definition.enabled ? [] : [{ type: 'DISABLED', message: 'enabled is false' } as const]),
    ...(plane.placements().get(pipeline.definition.id)?.conditions ?? []),
    ...pipeline.definition.notActedOn.map((message) => ({ type: 'NOT_ACTED_ON', message }) as const),
  ];
  const stageFigures = (pipelineId: string): Record<string, StageFigures> => figuresOf(plane, pipelineId);
  return {
    stageFigures,
    figures: () => figures(plane, store, conditionsOf),
    statusz: () => ({
      program: 'router',
      version,
      settling: plane.settling,
      massLapse: plane.massLapse,
      pipelines: [...store.pipelines().values()].map((pipeline) => ({
        ...pipelineStatus(pipeline, plane, stageFigures(pipeline.definition.id)),
        conditions: conditionsOf(pipeline),
      })),
      sidecars: sidecars(plane),
      manifestProblems: store.problems().map(formatProblem),
    }),
  };
}

function pipelineStatus(
  { definition, generation, origin }: StoredPipeline,
  plane: PlaneView,
  totals: Readonly<Record<string, StageFigures>>,
): Record<string, unknown> {
  const { id, enabled, edges, stages } = definition;
  const placed = new Map(
    plane
      .placements()
      .get(id)
      ?.stages.map((stage) => [stage.stageId, stage]),
  );
  return {
    id,
    enabled,
    generation,
    origin,
    edges: edges.map(({ from, to }) => `${from} -> ${to}`),
    stages: stages.map(({ id: stageId, type, serviceName }) => ({
      id: stageId,
      type,
      service: serviceName,
      hosts: placed.get(stageId)?.hosts ?? [],
      replicas: placed.get(stageId)?.usable ?? [],
      ...(totals[stageId] ?? NONE),
    })),
  };
}

function sidecars(plane: PlaneView): Record<string, unknown>[] {
  return plane.members().map(({ member, leaseLeftMs, watching }) => ({
    id: member.sidecarId,
    pod: member.podName,
    namespace: member.namespace,
    endpoint: member.endpoint,
    version: member.version,
    leaseLeftMs: Math.round(leaseLeftMs),
    draining: member.draining,
    watching,
    assignmentVersion: member.assignmentVersion,
    load: member.load,
    services: member.services.map(({ name, type, protoService }) => ({
      name,
      type,
      protoService,
      health: member.health.get(name)?.status ?? 'unknown',
      message: member.health.get(name)?.message ?? '',
      activeRequests: member.health.get(name)?.activeRequests ?? 0,
    })),
  }));
}

function figuresOf(plane: PlaneView, pipelineId: string): Record<string, StageFigures> {
  const totals = new Map<string, StageFigures>();
  for (const { member } of plane.members()) {
    for (const each of member.stageTotals.filter((total) => total.pipelineId === pipelineId)) {
      const sum = totals.get(each.stageId) ?? NONE;
      const recordsProcessed = sum.recordsProcessed + each.records;
      const latencySum = sum.avgLatencyMs * sum.recordsProcessed + each.latencyMs * each.records;
      totals.set(each.stageId, {
        recordsProcessed,
        recordsBuffered: sum.recordsBuffered + each.buffered,
        errors: sum.errors + each.errors,
        avgLatencyMs: recordsProcessed === 0 ? 0 : latencySum / recordsProcessed,
      });
    }
  }
  return Object.fromEntries(totals);
}

function figures(
  plane: PlaneView,
  store: PipelineStore,
  conditionsOf: (pipeline: StoredPipeline) => readonly Condition[],
): RouterFigures {
  const members = plane.members();
  const pipelines = [...store.pipelines().values()];
  const enabled = pipelines.filter(({ definition }) => definition.enabled).length;
  const errors = store.problems().filter(({ severity }) => severity === 'error').length;
  return {
    sidecars: {
      registered: members.length,
      draining: members.filter(({ member }) => member.draining).length,
      overdue: members.filter(({ leaseLeftMs }) => leaseLeftMs < 0).length,
      watching: members.filter(({ watching }) => watching).length,
    },
    pipelines: { enabled, disabled: pipelines.length - enabled },
    conditions: pipelines.flatMap((pipeline) =>
      conditionsOf(pipeline).map(({ type }) => ({ pipeline: pipeline.definition.id, type })),
    ),
    problems: { error: errors, warning: store.problems().length - errors },
    settling: plane.settling,
    massLapse: plane.massLapse,
  };
}
