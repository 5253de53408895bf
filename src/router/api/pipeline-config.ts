import { ConveyorError } from '../../foundation/errors.ts';
import type { LoadBalanceStrategy__Output } from '../../foundation/grpc/gen/conveyor/router/LoadBalanceStrategy.ts';
import type {
  PipelineConfig,
  PipelineConfig__Output,
} from '../../foundation/grpc/gen/conveyor/router/PipelineConfig.ts';
import type { Stage__Output } from '../../foundation/grpc/gen/conveyor/router/Stage.ts';
import { edgesOf, referenceOf, stagesOf } from '../pipelines/definition.ts';
import { API_VERSION, type PipelineResource, resourceId, type StageSpec } from '../pipelines/schema.ts';

const DISPLAY_NAME = 'conveyor.etl/display-name';

const LOAD_BALANCE = {
  LOAD_BALANCE_UNSPECIFIED: undefined,
  LOAD_BALANCE_ROUND_ROBIN: 'roundRobin',
  LOAD_BALANCE_LEAST_CONNECTIONS: 'leastConnections',
  LOAD_BALANCE_WEIGHTED_RANDOM: 'weightedRandom',
  LOAD_BALANCE_CONSISTENT_HASH: 'consistentHash',
} as const satisfies Record<LoadBalanceStrategy__Output, StageSpec['loadBalance']>;

const LOAD_BALANCE_OF = {
  roundRobin: 'LOAD_BALANCE_ROUND_ROBIN',
  leastConnections: 'LOAD_BALANCE_LEAST_CONNECTIONS',
  weightedRandom: 'LOAD_BALANCE_WEIGHTED_RANDOM',
  consistentHash: 'LOAD_BALANCE_CONSISTENT_HASH',
} as const;

const TYPE = {
  STAGE_TYPE_SOURCE: 'source',
  STAGE_TYPE_TRANSFORM: 'transform',
  STAGE_TYPE_SINK: 'sink',
} as const;

const TYPE_OF = {
  source: 'STAGE_TYPE_SOURCE',
  transform: 'STAGE_TYPE_TRANSFORM',
  sink: 'STAGE_TYPE_SINK',
} as const;

/** An id as `<namespace>/<name>`; without a slash it is of the namespace `default`. */
export function fullId(id: string): string {
  return id.includes('/') ? id : `default/${id}`;
}

/** A pipeline as RouterAdmin shows it. */
export function toConfig(resource: PipelineResource): PipelineConfig {
  const { metadata, spec } = resource;
  const { [DISPLAY_NAME]: displayName, ...annotations } = metadata.annotations ?? {};
  return {
    id: resourceId(resource),
    name: displayName ?? metadata.name,
    description: spec.description ?? '',
    enabled: spec.enabled,
    metadata: annotations,
    stages: stagesOf(resource).map((stage) => ({
      id: stage.id,
      name: stage.name ?? stage.id,
      stageType: TYPE_OF[stage.type],
      serviceSelector: {
        serviceName: referenceOf(stage),
        labels: stage.selector?.labels ?? {},
        loadBalance: LOAD_BALANCE_OF[stage.loadBalance ?? 'roundRobin'],
      },
      parallelism: stage.parallelism ?? 0,
    })),
    edges: edgesOf(resource).map(({ from, to }) => ({ fromStage: from, toStage: to })),
  };
}

/**
 * A pipeline that RouterAdmin was given, in the long form; whether it can run is checked where it is stored.
 * @param known the one that it replaces: what a PipelineConfig cannot say (config of stages, dlq, order) stays.
 * @throws ConveyorError INVALID_ARGUMENT for what no resource can say.
 */
export function toResource(config: PipelineConfig__Output, known?: PipelineResource): PipelineResource {
  const [namespace = '', name = '', ...rest] = fullId(config.id || config.name).split('/');
  if (rest.length > 0)
    throw new ConveyorError('INVALID_ARGUMENT', `"${config.id}" is not <namespace>/<name>`);
  const display = config.name !== '' && config.name !== name ? { [DISPLAY_NAME]: config.name } : {};
  const annotations = { ...config.metadata, ...display };
  const stages = config.stages.map((stage) => toStage(stage, known));
  const { dlq, ordering = 'partition' } = known?.spec ?? {};
  return {
    apiVersion: API_VERSION,
    kind: 'Pipeline',
    metadata: {
      name,
      namespace,
      ...(known?.metadata.labels === undefined ? {} : { labels: known.metadata.labels }),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    spec: {
      ...(config.description === '' ? {} : { description: config.description }),
      enabled: config.enabled,
      ordering,
      stages,
      // proto3 cannot tell none from not given; none at all would leave every stage out of reach
      ...(config.edges.length === 0 ? {} : { edges: config.edges.map(toEdge) }),
      ...(dlq === undefined ? {} : { dlq }),
    },
  };
}

function toEdge({ fromStage, toStage, condition }: PipelineConfig__Output['edges'][number]): {
  from: string;
  to: string;
  condition?: Record<string, unknown>;
} {
  const conditional = condition?.condition === undefined ? {} : { condition: { ...condition } };
  return { from: fromStage, to: toStage, ...conditional };
}

function toStage(stage: Stage__Output, known: PipelineResource | undefined): StageSpec {
  const { id, name, stageType, serviceSelector: selector, routingRules, parallelism } = stage;
  if (stageType === 'STAGE_TYPE_UNSPECIFIED')
    throw new ConveyorError('INVALID_ARGUMENT', `stage "${id}" has no stage_type`);
  if (selector !== null && selector.groupId !== '')
    throw new ConveyorError('INVALID_ARGUMENT', `group_id of stage "${id}" is not supported`);
  const loadBalance = selector === null ? undefined : LOAD_BALANCE[selector.loadBalance];
  const config = known === undefined ? undefined : stagesOf(known).find((each) => each.id === id)?.config;
  return {
    id,
    type: TYPE[stageType],
    ...(name === '' || name === id ? {} : { name }),
    ...(selector === null ? {} : { selector: toSelector(selector) }),
    ...(loadBalance === undefined ? {} : { loadBalance }),
    ...(config === undefined ? {} : { config }),
    ...(parallelism === 0 ? {} : { parallelism }),
    ...(routingRules.length === 0 ? {} : { routingRules: routingRules.map((rule) => ({ ...rule })) }),
  };
}

function toSelector({
  serviceName,
  labels,
}: NonNullable<Stage__Output['serviceSelector']>): NonNullable<StageSpec['selector']> {
  return {
    ...(serviceName === '' ? {} : { service: serviceName }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
  };
}
