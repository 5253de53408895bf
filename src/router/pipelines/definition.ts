import { ConveyorError } from '../../foundation/errors.ts';
import type { ComponentResource, PipelineResource, Resource, StageSpec } from './schema.ts';
import { resourceId, resourceKey } from './schema.ts';

/** What a stage does. */
type StageType = 'source' | 'transform' | 'sink';

/** One node of the graph. */
interface StageDefinition {
  readonly id: string;
  readonly type: StageType;
  readonly serviceName: string;
  /** Labels that the service or its sidecar must have. */
  readonly labels: Readonly<Record<string, string>>;
  /** `transform_config`: strings as they were written, the rest as JSON. */
  readonly config: Readonly<Record<string, string>>;
  readonly loadBalance: NonNullable<StageSpec['loadBalance']>;
}

/** Records that leave `from` enter `to`. */
export interface EdgeDefinition {
  readonly from: string;
  readonly to: string;
}

/** A pipeline as a graph: the short and the long form come to the same. */
export interface PipelineDefinition {
  /** `<namespace>/<name>`. */
  readonly id: string;
  readonly namespace: string;
  readonly enabled: boolean;
  readonly ordering: 'partition' | 'none';
  readonly stages: readonly StageDefinition[];
  readonly edges: readonly EdgeDefinition[];
  /** What is accepted and kept but not acted on yet, for the pipeline's status. */
  readonly notActedOn: readonly string[];
}

type Kind = ComponentResource['kind'];
/** Finds a Source, Transform or Sink of the pipeline's namespace. */
type Lookup = (kind: Kind, name: string) => ComponentResource | undefined;

const KIND_OF = { source: 'Source', transform: 'Transform', sink: 'Sink' } as const;

/** @returns the graph of every Pipeline among the resources, in their order. */
export function definePipelines(resources: readonly Resource[]): PipelineDefinition[] {
  const byKey = new Map(resources.map((resource) => [resourceKey(resource), resource]));
  return resources.flatMap((resource) => {
    if (resource.kind !== 'Pipeline') return [];
    const find: Lookup = (kind, name) => {
      const found = byKey.get(`${kind} ${resource.metadata.namespace}/${name}`);
      return found?.kind === 'Pipeline' ? undefined : found;
    };
    return [definePipeline(resource, find)];
  });
}

/** The graph of one Pipeline. What it refers to may be missing: a step without a Transform is a service of that name. */
export function definePipeline(resource: PipelineResource, find: Lookup): PipelineDefinition {
  const { spec, metadata } = resource;
  const stages = stagesOf(resource);
  return {
    id: resourceId(resource),
    namespace: metadata.namespace,
    enabled: spec.enabled,
    ordering: spec.ordering,
    stages: stages.map((stage) => defineStage(stage, find)),
    edges: edgesOf(resource),
    notActedOn: notActedOn(resource, find),
  };
}

/** The stages as the long form would list them. */
export function stagesOf({ spec }: PipelineResource): readonly StageSpec[] {
  return spec.stages ?? shortForm(spec);
}

/** The edges as the long form would list them. */
export function edgesOf(resource: PipelineResource): EdgeDefinition[] {
  return resource.spec.edges?.map(({ from, to }) => ({ from, to })) ?? chain(stagesOf(resource));
}

/** A stage refers to the resource of its type and name; without one, to a service of that name. */
export function referenceOf(stage: StageSpec): string {
  return stage.selector?.service ?? stage.id;
}

/** Which resource each stage refers to, there or not. */
export function componentsOf(
  resource: PipelineResource,
): { readonly stageId: string; readonly key: string }[] {
  const { namespace } = resource.metadata;
  return stagesOf(resource).map((stage) => ({
    stageId: stage.id,
    key: `${KIND_OF[stage.type]} ${namespace}/${referenceOf(stage)}`,
  }));
}

function defineStage(stage: StageSpec, find: Lookup): StageDefinition {
  const name = referenceOf(stage);
  const resource = find(KIND_OF[stage.type], name);
  return {
    id: stage.id,
    type: stage.type,
    serviceName: resource?.spec.service ?? name,
    labels: stage.selector?.labels ?? {},
    config: stringified({ ...resource?.spec.config, ...stage.config }),
    loadBalance: stage.loadBalance ?? 'roundRobin',
  };
}

function stringified(config: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : ((JSON.stringify(value) as string | undefined) ?? ''),
    ]),
  );
}

function shortForm({ source, steps = [], sink }: PipelineResource['spec']): StageSpec[] {
  if (source === undefined || sink === undefined)
    throw new ConveyorError('INVALID_ARGUMENT', 'a pipeline without stages needs a source and a sink');
  const taken = new Set<string>();
  const stage = (type: StageType, service: string): StageSpec => ({
    id: unique(service, taken),
    type,
    selector: { service },
  });
  return [stage('source', source), ...steps.map((step) => stage('transform', step)), stage('sink', sink)];
}

/** The first of a name keeps it, the next is `-2`: by their order in the manifest, so the same everywhere. */
function unique(name: string, taken: Set<string>): string {
  let id = name;
  for (let count = 2; taken.has(id); count++) id = `${name}-${count}`;
  taken.add(id);
  return id;
}

function chain(stages: readonly StageSpec[]): EdgeDefinition[] {
  const edges: EdgeDefinition[] = [];
  let from: string | undefined;
  for (const { id: to } of stages) {
    if (from !== undefined) edges.push({ from, to });
    from = to;
  }
  return edges;
}

function notActedOn(resource: PipelineResource, find: Lookup): string[] {
  const { spec } = resource;
  const withGrpc = stagesOf(resource)
    .map((stage) => ({ kind: KIND_OF[stage.type], name: referenceOf(stage) }))
    .filter(({ kind, name }) => find(kind, name)?.spec.grpc !== undefined);
  return [
    ...(spec.dlq === undefined
      ? []
      : ['dlq: failed records are acknowledged as FAILED, not sent to its sink']),
    ...withGrpc.map(({ kind, name }) => `grpc of ${kind} ${name}: sidecars find services by themselves`),
    ...(spec.stages ?? []).flatMap(({ id, loadBalance = 'roundRobin' }) =>
      loadBalance === 'roundRobin' ? [] : [`loadBalance ${loadBalance} of ${id}: round robin is used`],
    ),
  ];
}
