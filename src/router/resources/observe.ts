import type { Condition } from '../assignment/conditions.ts';
import { componentsOf } from '../pipelines/definition.ts';
import { hasErrors } from '../pipelines/problem.ts';
import type { ObservedResource } from '../pipelines/resource-set.ts';
import type { PipelineResource } from '../pipelines/schema.ts';
import type { PipelineReport } from '../status.ts';
import { type Finding, found, refused } from './conditions.ts';
import type { ComponentResourceStatus, PipelineResourceStatus } from './status-schema.ts';

/** A status, but for when its conditions changed. */
type Undated<T> = Omit<T, 'conditions'> & { readonly conditions: readonly Finding[] };
/** What every status has. */
export type Observation = Undated<
  Pick<PipelineResourceStatus, 'observedGeneration' | 'problems' | 'running' | 'conditions'>
>;

/** A pipeline that has a Source, Transform or Sink as a stage. */
export interface User {
  readonly resource: PipelineResource;
  readonly report: PipelineReport;
}

const MAX_PROBLEMS = 32;
const MAX_PROBLEM = 1_024;

/** The status of a Pipeline. @param report of what runs; undefined: nothing does. */
export function observePipeline(
  observed: ObservedResource,
  report: PipelineReport | undefined,
): Undated<PipelineResourceStatus> {
  const stages = report?.stages ?? [];
  const notes = messages(report?.conditions ?? [], 'NOT_ACTED_ON');
  return {
    ...observe(observed, report?.conditions ?? [], notes),
    stages: stages.map(({ id, type, service, hosts, replicas, recordsProcessed, errors }) => ({
      ...{ id, type, service, replicas: hosts.length, ready: replicas.length },
      ...{ records: recordsProcessed, errors },
    })),
    records: stages
      .filter(({ type }) => type === 'source')
      .reduce((sum, { recordsProcessed }) => sum + recordsProcessed, 0),
  };
}

/** The status of a Source, Transform or Sink: how the stages that refer to it are offered. */
export function observeComponent(
  observed: ObservedResource,
  key: string,
  users: readonly User[],
): Undated<ComponentResourceStatus> {
  const enabled = users.filter(({ resource }) => resource.spec.enabled);
  const conditions = enabled.flatMap(({ resource, report }) => {
    const stages = new Set(
      componentsOf(resource)
        .filter((each) => each.key === key)
        .map(({ stageId }) => stageId),
    );
    return report.conditions.filter(({ stageId }) => stageId !== undefined && stages.has(stageId));
  });
  const status = observe(observed, conditions, []);
  const unused: Finding = {
    ...{ type: 'Ready', status: 'Unknown', reason: 'NotUsed' },
    message: 'no pipeline that is enabled has it',
  };
  return {
    ...status,
    conditions: status.conditions.map((each) =>
      enabled.length === 0 && each.type === 'Ready' && each.status === 'True' ? unused : each,
    ),
    pipelines: enabled.length,
  };
}

function observe(
  { object, problems, taken }: ObservedResource,
  conditions: readonly Condition[],
  notes: readonly string[],
): Observation {
  const isRefused = hasErrors(problems);
  const all = [...problems.map(({ reason }) => reason), ...notes].map((text) => text.slice(0, MAX_PROBLEM));
  return {
    observedGeneration: object.metadata?.generation ?? 0,
    conditions: isRefused ? refused(problems, taken !== undefined) : found(conditions),
    ...(all.length === 0 ? {} : { problems: all.slice(0, MAX_PROBLEMS) }),
    ...(isRefused && taken !== undefined ? { running: taken.spec } : {}),
  };
}

function messages(conditions: readonly Condition[], type: Condition['type']): string[] {
  return conditions.filter((condition) => condition.type === type).map(({ message }) => message);
}
