import type { ChannelCredentials, Server, ServerCredentials, ServerInterceptor } from '@grpc/grpc-js';
import type { Registry } from 'prom-client';
import { PREFIXES, withPrefix } from '../foundation/grpc/definitions.ts';
import { createFaultLog } from '../foundation/grpc/faults.ts';
import { addHealth, type HealthReporter } from '../foundation/grpc/health.ts';
import { addReflection } from '../foundation/grpc/reflection.ts';
import { createServer, listen, shutdown } from '../foundation/grpc/server.ts';
import type { Clock } from '../foundation/lifecycle/clock.ts';
import type { Component } from '../foundation/lifecycle/component.ts';
import { type Loop, startLoop } from '../foundation/lifecycle/loop.ts';
import type { Logger } from '../foundation/telemetry/logger.ts';
import { DataPlane } from './data-plane/data-plane.ts';
import { ClientPool } from './routing/client-pool.ts';
import { type CallEvidence, LocalRouter, type LocalService } from './routing/local-router.ts';
import { RemoteRouter } from './routing/remote-router.ts';
import { ReplicaChoice } from './routing/replicas.ts';
import { Routes } from './routing/routes.ts';
import { StageRouter } from './routing/stage-router.ts';

/** The services of this pod, as the way of a record needs them. */
export interface PodServices {
  /** Those that may be called. */
  services(): readonly LocalService[];
  /** All, also those that are held back. */
  found(): readonly LocalService[];
  reportCall(endpoint: string, protoService: string, evidence: CallEvidence): void;
}

/** What routing and data plane are made of. */
export interface DataPathOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly pod: PodServices;
  readonly namespace: string;
  readonly sidecarId: string;
  /** New at every start. */
  readonly instance: string;
  /** 0: any free port. */
  readonly grpcPort: number;
  readonly channelCredentials: ChannelCredentials;
  readonly serverCredentials: ServerCredentials;
  readonly interceptors: readonly ServerInterceptor[];
  readonly maxMessageBytes: number;
  readonly stageMaxMessageBytes: number;
  readonly byteBudget: number;
  readonly batchTimeoutMs: number;
  readonly credits: number;
  readonly pushFrom: 'loopback' | 'any';
}

/** Routing and data plane, joined, behind the sidecar's own gRPC server. */
export interface DataPath extends Component {
  readonly routes: Routes;
  readonly dataPlane: DataPlane;
  readonly clients: ClientPool;
  readonly health: HealthReporter;
  /** The port it listens on, once started. */
  readonly port: number;
  /** Calls in flight at a service. */
  activeRequests(service: Pick<LocalService, 'endpoint' | 'protoService'>): number;
  ejected(): string[];
  /** Has the sinks of this pod write out what they hold. Resolves to the names of those that did not. */
  flushSinks(timeoutMs: number): Promise<string[]>;
}

const MAX_CHANNELS = 256;
const IDLE_CHANNEL_MS = 5 * 60_000;
const SWEEP_MS = 60_000;
const MAX_PUSH_STREAMS = 256;
const DATA_PLANE = 'conveyor.sidecar.SidecarDataPlane';

function routing(options: DataPathOptions, dataPlane: () => DataPlane): Joined {
  const { clock, logger, pod, namespace, sidecarId, batchTimeoutMs } = options;
  const maxCallBytes = options.stageMaxMessageBytes;
  const clients = new ClientPool({
    clock,
    credentials: options.channelCredentials,
    maxMessageBytes: options.maxMessageBytes,
    maxChannels: MAX_CHANNELS,
    idleMs: IDLE_CHANNEL_MS,
  });
  const replicas = new ReplicaChoice(clock);
  const local = new LocalRouter({ clock, clients, maxCallBytes, report: pod.reportCall.bind(pod) });
  const remote = new RemoteRouter({ clock, clients, sidecarId, maxCallBytes });
  const routes = new Routes({
    clock,
    logger,
    namespace,
    typeAt: (endpoint) => pod.found().find((service) => service.endpoint === endpoint)?.type,
    drainTimeoutMs: batchTimeoutMs,
    work: dataPlane,
    onChange: (table) => {
      router.retain(table);
      local.retain(pod.found());
      dataPlane().retain(new Set(table.routes.keys()));
    },
  });
  const router = new StageRouter({
    table: () => routes.table,
    services: () => pod.services(),
    local,
    remote,
    replicas,
    maxCallBytes,
  });
  return { clients, replicas, local, routes, router };
}

interface Joined {
  readonly clients: ClientPool;
  readonly replicas: ReplicaChoice;
  readonly local: LocalRouter;
  readonly routes: Routes;
  readonly router: StageRouter;
}

function planeOf(options: DataPathOptions, { routes, router }: Joined): DataPlane {
  return new DataPlane({
    ...options,
    maxPushStreams: MAX_PUSH_STREAMS,
    routes: {
      entry: (push) => routes.entry(push),
      route: (id) => routes.route(id),
      pipelineOf: (generation) => routes.pipelineOf(generation),
      hasLocal: (graph, stage) => router.localService(graph, stage) !== undefined,
    },
    caller: {
      acquire: router.acquire.bind(router),
      isCurrent: (graph) => routes.isCurrent(graph),
    },
  });
}

/** Joins the rooms that a record goes through. */
export function createDataPath(options: DataPathOptions): DataPath {
  const joined = routing(options, () => dataPlane);
  const dataPlane = planeOf(options, joined);
  const { clients, local, routes, replicas } = joined;
  let sweeping: Loop | undefined;
  let server: Server | undefined;
  let port = 0;

  const makeServer = (): { server: Server; health: HealthReporter } => {
    const made = createServer({
      maxMessageBytes: options.maxMessageBytes,
      tellFault: createFaultLog({ clock: options.clock, logger: options.logger.child('data-path') }),
      interceptors: [...options.interceptors, dataPlane.interceptor],
    });
    dataPlane.addTo(made);
    const services = PREFIXES.map((prefix) => withPrefix(DATA_PLANE, prefix));
    addReflection(made, [...services, 'grpc.health.v1.Health']);
    return { server: made, health: addHealth(made) };
  };
  const made = makeServer();

  return {
    name: 'data path',
    routes,
    dataPlane,
    clients,
    health: made.health,
    get port() {
      return port;
    },
    activeRequests: (service) => local.activeRequests(service),
    ejected: () => replicas.ejected(),
    async flushSinks(timeoutMs) {
      const sinks = options.pod
        .found()
        .filter(({ type, health }) => type === 'sink' && health !== 'unhealthy');
      const flushed = await Promise.all(sinks.map((sink) => local.flush(sink, timeoutMs)));
      return sinks.filter((_, index) => flushed[index] !== true).map(({ name }) => name);
    },
    async start() {
      port = await listen(made.server, { port: options.grpcPort, credentials: options.serverCredentials });
      server = made.server;
      sweeping = startLoop({
        clock: options.clock,
        tick: () => {
          clients.sweep();
          return Promise.resolve(SWEEP_MS);
        },
        onError: () => SWEEP_MS,
      });
    },
    async stop(signal) {
      made.health.close();
      routes.stop();
      dataPlane.expire();
      dataPlane.endStreams();
      if (server !== undefined) await shutdown(server, signal);
      await sweeping?.stop();
      clients.close();
    },
  };
}
