import { credentials, ServerCredentials } from '@grpc/grpc-js';
import { Registry } from 'prom-client';
import type { PipelineAssignment__Output } from '../../src/foundation/grpc/gen/conveyor/sidecar/PipelineAssignment.ts';
import type { StageAssignment__Output } from '../../src/foundation/grpc/gen/conveyor/sidecar/StageAssignment.ts';
import { systemClock } from '../../src/foundation/lifecycle/clock.ts';
import { createDataPath, type DataPath, type DataPathOptions } from '../../src/sidecar/data-path.ts';
import type { CallEvidence, LocalService } from '../../src/sidecar/routing/local-router.ts';
import { recordLog } from './log.ts';

/** A stage as a test writes it. */
export interface StageSpec {
  readonly id: string;
  readonly type: 'source' | 'transform' | 'sink';
  readonly local?: LocalService;
  readonly replicas?: readonly { sidecarId: string; port: number }[];
  readonly config?: Record<string, string>;
  /** What the router says of those who run it; those of the local service unless told. */
  readonly limits?: { maxBatchSize: number; maxConcurrentBatches: number };
}

const TYPE = {
  source: 'SERVICE_TYPE_SOURCE',
  transform: 'SERVICE_TYPE_TRANSFORM',
  sink: 'SERVICE_TYPE_SINK',
} as const;

function stageOf(spec: StageSpec): StageAssignment__Output {
  const { id, type, local, replicas = [], config = {}, limits = local } = spec;
  const remotes = replicas.map(({ sidecarId, port }) => ({
    sidecarId,
    endpoint: `127.0.0.1:${port}`,
    weight: 0,
  }));
  return {
    stageId: id,
    ...(local === undefined && remotes[0] !== undefined
      ? { target: 'remoteSidecar', remoteSidecar: remotes[0] }
      : { target: 'localEndpoint', localEndpoint: local?.endpoint ?? '' }),
    serviceName: local?.name ?? id,
    serviceType: TYPE[type],
    config,
    replicas: remotes,
    loadBalance: 'LOAD_BALANCE_UNSPECIFIED',
    maxBatchSize: limits?.maxBatchSize ?? 0,
    maxConcurrentBatches: limits?.maxConcurrentBatches ?? 0,
  };
}

/** An assignment as our router sends it; edges as `a>b`. */
export function assignment(
  pipelineId: string,
  stages: readonly StageSpec[],
  edges: readonly string[],
  extra: Partial<PipelineAssignment__Output> = {},
): PipelineAssignment__Output {
  return {
    pipelineId,
    isLocalComplete: stages.every(({ local, type }) => type === 'source' || local !== undefined),
    stages: stages.map(stageOf),
    version: 1,
    edges: edges.map((edge) => {
      const [fromStage = '', toStage = ''] = edge.split('>');
      return { fromStage, toStage, condition: null };
    }),
    deadLetter: null,
    ordering: 'ORDERING_PARTITION',
    sourceStageIds: stages.filter(({ type }) => type === 'source').map(({ id }) => id),
    generation: 7,
    ...extra,
  };
}

/** Routing and data plane of one sidecar, with services and assignments that the test sets. */
export interface TestPath {
  readonly path: DataPath;
  readonly registry: Registry;
  readonly evidence: { endpoint: string; evidence: CallEvidence }[];
  setServices(services: readonly LocalService[]): void;
  assign(...assignments: PipelineAssignment__Output[]): void;
  /** The ledger of a pipeline. */
  ledger(pipelineId: string): Record<string, number> & { unaccounted: number; inFlight: number };
  stop(): Promise<void>;
}

/** Starts a data path on a free port. */
export async function startPath(
  services: readonly LocalService[],
  options: Partial<DataPathOptions> = {},
): Promise<TestPath> {
  const registry = new Registry();
  const evidence: { endpoint: string; evidence: CallEvidence }[] = [];
  let current = services;
  const path = createDataPath({
    clock: systemClock,
    logger: recordLog(),
    registry,
    pod: {
      services: () => current,
      found: () => current,
      reportCall: (endpoint, _protoService, outcome) => void evidence.push({ endpoint, evidence: outcome }),
    },
    namespace: 'default',
    sidecarId: `sidecar-${Math.random().toString(36).slice(2)}`,
    instance: crypto.randomUUID(),
    grpcPort: 0,
    channelCredentials: credentials.createInsecure(),
    serverCredentials: ServerCredentials.createInsecure(),
    interceptors: [],
    maxMessageBytes: 16 << 20,
    stageMaxMessageBytes: 4 << 20,
    byteBudget: 64 << 20,
    batchTimeoutMs: 5_000,
    credits: 1_000,
    pushFrom: 'loopback',
    ...options,
  });
  await path.start(new AbortController().signal);
  return {
    path,
    registry,
    evidence,
    setServices(services) {
      current = services;
    },
    assign: (...assignments) => path.routes.assign(assignments, new Set()),
    ledger(pipelineId) {
      const ledger = path.dataPlane.report().get(pipelineId)?.ledger;
      if (ledger === undefined) throw new Error(`no ledger of ${pipelineId}`);
      return { ...ledger.totals, unaccounted: ledger.unaccounted, inFlight: ledger.inFlight };
    },
    stop: () => path.stop(AbortSignal.timeout(500)),
  };
}
