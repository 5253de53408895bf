import type { Condition } from './assignment/conditions.ts';
import type { Member } from './membership/member.ts';
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

/** One stage, as it is placed and what has gone through it. */
interface StageReport extends StageFigures {
  readonly id: string;
  readonly type: string;
  readonly service: string;
  /** Sidecars that offer it. */
  readonly hosts: readonly string[];
  /** Those of them that others send to. */
  readonly replicas: readonly string[];
}

/** What there is to say of one pipeline. */
export interface PipelineReport {
  /** False for the moment between its coming, or its change, and its placement. */
  readonly placed: boolean;
  readonly stages: readonly StageReport[];
  readonly conditions: readonly Condition[];
}

/** What the router knows, for people: `/statusz`, RouterAdmin, gauges, the status of custom resources. */
export interface RouterStatus {
  /** JSON for `/statusz`. */
  statusz(): Record<string, unknown>;
  /** Undefined: there is no such pipeline. */
  report(pipelineId: string): PipelineReport | undefined;
  /** By stage id. */
  stageFigures(pipelineId: string): Record<string, StageFigures>;
  figures(): RouterFigures;
}

/** Reads status from the control plane and the store at each call. */
export function createStatus(plane: PlaneView, store: PipelineStore, version: string): RouterStatus {
  const reportOf = (pipeline: StoredPipeline): PipelineReport => pipelineReport(pipeline, plane);
  return {
    report(pipelineId) {
      const pipeline = store.pipelines().get(pipelineId);
      return pipeline && reportOf(pipeline);
    },
    stageFigures(pipelineId) {
      const pipeline = store.pipelines().get(pipelineId);
      return pipeline === undefined ? {} : Object.fromEntries(figuresOf(pipeline, plane));
    },
    figures: () => figures(plane, store),
    statusz: () => ({
      program: 'router',
      version,
      settling: plane.settling,
      massLapse: plane.massLapse,
      pipelines: [...store.pipelines().values()].map((pipeline) => {
        const { definition, generation, origin } = pipeline;
        const { id, enabled, edges } = definition;
        const { stages, conditions } = reportOf(pipeline);
        const arrows = edges.map(({ from, to }) => `${from} -> ${to}`);
        return { id, enabled, generation, origin, edges: arrows, stages, conditions };
      }),
      sidecars: sidecars(plane),
      manifestProblems: store.problems().map(formatProblem),
    }),
  };
}

function pipelineReport(pipeline: StoredPipeline, plane: PlaneView): PipelineReport {
  const { id, stages } = pipeline.definition;
  const placement = plane.placements().get(id);
  const placed = new Map(placement?.stages.map((stage) => [stage.stageId, stage]));
  const totals = figuresOf(pipeline, plane);
  return {
    placed: placement?.generation === pipeline.generation,
    stages: stages.map(({ id: stageId, type, serviceName }) => ({
      id: stageId,
      type,
      service: serviceName,
      hosts: placed.get(stageId)?.hosts ?? [],
      replicas: placed.get(stageId)?.usable ?? [],
      ...(totals.get(stageId) ?? NONE),
    })),
    conditions: conditionsOf(pipeline, plane),
  };
}

function conditionsOf({ definition }: StoredPipeline, plane: PlaneView): Condition[] {
  return [
    ...(definition.enabled ? [] : [{ type: 'DISABLED', message: 'enabled is false' } as const]),
    ...(plane.placements().get(definition.id)?.conditions ?? []),
    ...definition.notActedOn.map((message) => ({ type: 'NOT_ACTED_ON', message }) as const),
  ];
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

/**
 * A stage's records are those of the sidecars that run it: one that sends them there counts them for itself, too. What
 * waits for it may wait anywhere.
 */
function figuresOf({ definition }: StoredPipeline, plane: PlaneView): Map<string, StageFigures> {
  const stages = new Map(definition.stages.map((stage) => [stage.id, stage]));
  const totals = new Map<string, StageFigures>();
  for (const { member } of plane.members()) {
    const names = new Set(member.services.map(({ name }) => name));
    for (const each of member.stageTotals) {
      const stage = each.pipelineId === definition.id ? stages.get(each.stageId) : undefined;
      // a source is a service only while it pushes; nobody else counts its records
      const runsIt = stage?.type === 'source' || (stage !== undefined && names.has(stage.serviceName));
      const told = runsIt ? each : { ...each, records: 0, errors: 0 };
      if (stage !== undefined) totals.set(stage.id, added(totals.get(stage.id) ?? NONE, told));
    }
  }
  return totals;
}

function added(sum: StageFigures, each: Member['stageTotals'][number]): StageFigures {
  const recordsProcessed = sum.recordsProcessed + each.records;
  const latencySum = sum.avgLatencyMs * sum.recordsProcessed + each.latencyMs * each.records;
  return {
    recordsProcessed,
    recordsBuffered: sum.recordsBuffered + each.buffered,
    errors: sum.errors + each.errors,
    avgLatencyMs: recordsProcessed === 0 ? 0 : latencySum / recordsProcessed,
  };
}

function figures(plane: PlaneView, store: PipelineStore): RouterFigures {
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
      conditionsOf(pipeline, plane).map(({ type }) => ({ pipeline: pipeline.definition.id, type })),
    ),
    problems: { error: errors, warning: store.problems().length - errors },
    settling: plane.settling,
    massLapse: plane.massLapse,
  };
}
