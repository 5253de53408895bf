import type { LoadBalanceStrategy } from '../../foundation/grpc/gen/conveyor/router/LoadBalanceStrategy.ts';
import type { PipelineAssignment } from '../../foundation/grpc/gen/conveyor/sidecar/PipelineAssignment.ts';
import type { RemoteSidecar } from '../../foundation/grpc/gen/conveyor/sidecar/RemoteSidecar.ts';
import type { ServiceType } from '../../foundation/grpc/gen/conveyor/sidecar/ServiceType.ts';
import type { StageAssignment } from '../../foundation/grpc/gen/conveyor/sidecar/StageAssignment.ts';
import { type Condition, stageConditions } from './conditions.ts';
import { hopConditions } from './hops.ts';
import { findHosts, type Host, isUsable, type StageHosts } from './hosts.ts';
import type { Candidate, PipelineToPlace, StageToPlace } from './inputs.ts';
import { choose, type Choice, hash32 } from './rendezvous.ts';

/** How one stage is placed, for the pipeline's status. */
interface StagePlacement {
  readonly stageId: string;
  readonly serviceName: string;
  readonly type: StageToPlace['type'];
  /** Sidecars that offer it. */
  readonly hosts: readonly string[];
  /** Those of them that others send to. */
  readonly usable: readonly string[];
}

/** What one pipeline comes to. */
export interface Placement {
  /** Of the pipeline that was placed. */
  readonly generation: number;
  /** By sidecar id: whoever hosts a stage or a source, and no one else. Without versions. */
  readonly assignments: ReadonlyMap<string, PipelineAssignment>;
  readonly stages: readonly StagePlacement[];
  readonly conditions: readonly Condition[];
}

const SERVICE_TYPE = {
  source: 'SERVICE_TYPE_SOURCE',
  transform: 'SERVICE_TYPE_TRANSFORM',
  sink: 'SERVICE_TYPE_SINK',
} as const satisfies Record<StageToPlace['type'], ServiceType>;

const LOAD_BALANCE = {
  roundRobin: 'LOAD_BALANCE_ROUND_ROBIN',
  leastConnections: 'LOAD_BALANCE_LEAST_CONNECTIONS',
  weightedRandom: 'LOAD_BALANCE_WEIGHTED_RANDOM',
  consistentHash: 'LOAD_BALANCE_CONSISTENT_HASH',
} as const satisfies Record<StageToPlace['loadBalance'], LoadBalanceStrategy>;

interface Pool {
  readonly stage: StageToPlace;
  readonly found: StageHosts;
  readonly own: ReadonlyMap<string, Host>;
  readonly usable: readonly (Host & Choice & { readonly remote: RemoteSidecar })[];
}

/**
 * Places pipelines on live sidecars: pure, whole, the same from every router.
 *
 * A source is hosted by every sidecar that offers a source service of its name. One without a server is offered
 * when it first pushes: its sidecar registers it then and is assigned the pipeline at once; until that arrives it
 * answers `PIPELINE_NOT_ASSIGNED` and a pause (semantics, Sources, Unknown pipeline). So no pipeline is spread over
 * sidecars that may never push into it.
 */
export function assign(
  pipelines: readonly PipelineToPlace[],
  candidates: readonly Candidate[],
): Map<string, Placement> {
  return new Map(pipelines.map((pipeline) => [pipeline.id, assignPipeline(pipeline, candidates)]));
}

/**
 * Places one pipeline.
 * @param candidates all that may offer a stage of it; of other namespaces are left out.
 * @param only whose assignments are wanted; all by default.
 */
export function assignPipeline(
  pipeline: PipelineToPlace,
  candidates: readonly Candidate[],
  only?: string,
): Placement {
  const near = candidates.filter(({ namespace }) => namespace === pipeline.namespace);
  const pools = pipeline.stages.map((stage) => poolOf(pipeline, stage, near));
  const recipients = new Set(pools.flatMap(({ own }) => [...own.keys()]));
  const wanted = only === undefined ? [...recipients].sort() : recipients.has(only) ? [only] : [];
  return {
    generation: pipeline.generation,
    assignments: new Map(wanted.map((sidecarId) => [sidecarId, assignmentFor(sidecarId, pipeline, pools)])),
    stages: pools.map(placementOf),
    conditions: [
      ...pools.flatMap(({ stage, found }) => stageConditions(stage, found)),
      ...hopConditions(pipeline, new Map(pools.map(({ stage, own }) => [stage.id, own]))),
    ],
  };
}

function poolOf(pipeline: PipelineToPlace, stage: StageToPlace, candidates: readonly Candidate[]): Pool {
  const found = findHosts(stage, candidates);
  const choices = found.hosts.filter(isUsable).map((host) => {
    const key = host.candidate.sidecarId;
    const remote = { sidecarId: key, endpoint: host.candidate.endpoint };
    return { ...host, key, remote, hash: hash32(`${pipeline.id}\n${stage.id}\n${key}`) };
  });
  const own = new Map(found.hosts.map((host) => [host.candidate.sidecarId, host]));
  return { stage, found, own, usable: choices };
}

function placementOf({ stage, own, usable }: Pool): StagePlacement {
  const { id: stageId, serviceName, type } = stage;
  return {
    stageId,
    serviceName,
    type,
    hosts: [...own.keys()].sort(),
    usable: usable.map(({ key }) => key).sort(),
  };
}

function assignmentFor(
  sidecarId: string,
  { id, stages, edges, ordering, generation }: PipelineToPlace,
  pools: readonly Pool[],
): PipelineAssignment {
  return {
    pipelineId: id,
    isLocalComplete: pools.every(({ own }) => own.has(sidecarId)),
    stages: pools.map((pool) => stageFor(sidecarId, pool)),
    edges: edges.map(({ from, to }) => ({ fromStage: from, toStage: to })),
    ordering: ordering === 'none' ? 'ORDERING_NONE' : 'ORDERING_PARTITION',
    sourceStageIds: stages.filter(({ type }) => type === 'source').map((stage) => stage.id),
    generation,
  };
}

function stageFor(sidecarId: string, { stage, own, usable }: Pool): StageAssignment {
  const chosen = choose({ key: sidecarId, hash: hash32(sidecarId) }, usable);
  const replicas = chosen.map(({ remote }) => remote);
  const local = own.get(sidecarId);
  const remote = replicas[0];
  const hosts = local === undefined ? chosen : [local];
  return {
    stageId: stage.id,
    ...(local !== undefined
      ? { localEndpoint: local.service.endpoint }
      : remote !== undefined
        ? { remoteSidecar: remote }
        : {}),
    serviceName: stage.serviceName,
    serviceType: SERVICE_TYPE[stage.type],
    config: stage.config,
    replicas,
    loadBalance: LOAD_BALANCE[stage.loadBalance],
    maxBatchSize: smallestStated(hosts.map(({ service }) => service.maxBatchSize)),
    maxConcurrentBatches: smallestStated(hosts.map(({ service }) => service.maxConcurrentBatches)),
  };
}

/** 0 is: not stated. What suits the smallest suits every replica. */
function smallestStated(limits: readonly number[]): number {
  return limits.reduce((least, limit) => (limit > 0 && (least === 0 || limit < least) ? limit : least), 0);
}
