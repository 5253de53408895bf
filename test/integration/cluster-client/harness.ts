import { Registry } from 'prom-client';
import type { PipelineAssignment__Output } from '../../../src/foundation/grpc/gen/conveyor/sidecar/PipelineAssignment.ts';
import { systemClock } from '../../../src/foundation/lifecycle/clock.ts';
import type { LogFields, Logger } from '../../../src/foundation/telemetry/logger.ts';
import {
  type ClusterClient,
  createClusterClient,
} from '../../../src/sidecar/cluster-client/cluster-client.ts';
import { plainCredentials } from '../../../src/sidecar/cluster-client/link/credentials.ts';
import { clusterClientMetrics } from '../../../src/sidecar/cluster-client/metrics.ts';
import type { ClusterClientOptions } from '../../../src/sidecar/cluster-client/options.ts';
import type { SessionService } from '../../../src/sidecar/cluster-client/ports.ts';

/** A service of the pod under test. */
export function service(name: string, given: Partial<SessionService> = {}): SessionService {
  return {
    name,
    type: 'transform',
    endpoint: '127.0.0.1:50052',
    protoService: 'acme.Filter',
    container: '',
    port: 50052,
    maxBatchSize: 0,
    maxConcurrentBatches: 0,
    descriptorHash: 'h',
    health: 'healthy',
    healthMessage: '',
    activeRequests: 0,
    labels: {},
    ...given,
  };
}

/** One call of the routes. */
export type RouteCall =
  | { readonly kind: 'assign'; readonly ids: readonly string[]; readonly drainFirst: readonly string[] }
  | { readonly kind: 'drain'; readonly ids: readonly string[]; readonly timeoutMs: number };

/** A line that was logged at info or above. */
export interface Line {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields;
}

/** A session and all that it touches but the router. */
export interface Harness {
  readonly client: ClusterClient;
  readonly registry: Registry;
  /** Whatever the routes were told, in order. */
  readonly calls: RouteCall[];
  readonly lines: Line[];
  /** The pipelines that run now, by id. */
  running(): readonly string[];
  assignment(id: string): PipelineAssignment__Output | undefined;
  setServices(services: readonly SessionService[]): void;
  /** Value of a metric, with its labels as they are exposed: `name{label="x"}`. */
  metric(series: string): Promise<number>;
  stop(): Promise<void>;
}

/** What a test may set. */
export type HarnessOptions = Partial<ClusterClientOptions> & {
  readonly addresses: readonly string[];
  readonly pod?: readonly SessionService[];
};

/** Starts a session; its times are short unless a test says otherwise. */
export async function startHarness({
  pod = [service('mask')],
  timings,
  ...given
}: HarnessOptions): Promise<Harness> {
  const registry = new Registry();
  const calls: RouteCall[] = [];
  const lines: Line[] = [];
  const listeners = new Set<() => void>();
  let services = pod;
  let assignments: readonly PipelineAssignment__Output[] = [];
  const line =
    (level: Line['level']) =>
    (message: string, fields: LogFields = {}): void => {
      lines.push({ level, message, fields });
    };
  const logger: Logger = {
    debug: () => undefined,
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    child: () => logger,
  };
  const client = createClusterClient({
    identity: {
      sidecarId: 's1',
      podName: 'pod-1',
      namespace: 'default',
      labels: { app: 'x' },
      version: '0.1.0',
      instance: 'i1',
    },
    credentials: plainCredentials,
    advertised: { port: () => 9091 },
    services: {
      current: () => services,
      onChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    routes: {
      assign(next, drainFirst) {
        assignments = next;
        calls.push({
          kind: 'assign',
          ids: next.map(({ pipelineId }) => pipelineId),
          drainFirst: [...drainFirst],
        });
      },
      drain: (ids, timeoutMs) => calls.push({ kind: 'drain', ids, timeoutMs }),
      held: () => assignments.length > 0,
    },
    load: {
      load: () => ({ cpuUsage: 0.5, memoryUsage: 0.25, activeRequests: 3, queueDepth: 7 }),
      stageStats: () => [{ pipelineId: 'default/p', stageId: 'mask', records: 11 }],
    },
    clock: systemClock,
    logger,
    metrics: clusterClientMetrics(registry),
    timings: { backoffBaseMs: 10, backoffMaxMs: 50, callTimeoutMs: 2_000, ...timings },
    ...given,
  });
  await client.start(new AbortController().signal);
  return {
    client,
    registry,
    calls,
    lines,
    running: () => assignments.map(({ pipelineId }) => pipelineId).sort(),
    assignment: (id) => assignments.find(({ pipelineId }) => pipelineId === id),
    setServices(next) {
      services = next;
      for (const listener of listeners) listener();
    },
    async metric(series) {
      const exposed = await registry.metrics();
      const found = exposed.split('\n').find((each) => each.startsWith(`${series} `));
      return found === undefined ? Number.NaN : Number(found.slice(series.length + 1));
    },
    stop: () => client.stop(AbortSignal.abort()),
  };
}
