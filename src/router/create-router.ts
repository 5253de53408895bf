import { randomUUID } from 'node:crypto';
import type { Server, ServerCredentials, ServerInterceptor } from '@grpc/grpc-js';
import type { Registry } from 'prom-client';
import { PREFIXES, serviceDefinition, withPrefix } from '../foundation/grpc/definitions.ts';
import { addHealth } from '../foundation/grpc/health.ts';
import { addReflection } from '../foundation/grpc/reflection.ts';
import { anyHost, createServer, hostPort, listen, shutdown } from '../foundation/grpc/server.ts';
import type { Clock } from '../foundation/lifecycle/clock.ts';
import { type Component, group } from '../foundation/lifecycle/component.ts';
import { type Loop, startLoop } from '../foundation/lifecycle/loop.ts';
import type { Logger } from '../foundation/telemetry/logger.ts';
import { adminHandlers } from './api/admin.ts';
import { coordinatorHandlers } from './api/coordinator.ts';
import { LIMITS } from './api/limits.ts';
import { ControlPlane } from './control-plane.ts';
import { routerMetrics } from './metrics.ts';
import type { PipelineStore } from './pipelines/store.ts';
import { createStatus, type RouterStatus } from './status.ts';

/** What a router is made of. */
export interface RouterOptions {
  /** Every address unless told. */
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
  readonly credentials: ServerCredentials;
  /** What should run; followed, and written by RouterAdmin. */
  readonly store: PipelineStore & Component;
  /** What sidecars are told; a lease is three of them. */
  readonly heartbeatIntervalMs: number;
  readonly maxSidecars?: number;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly interceptors?: readonly ServerInterceptor[];
}

/** The control plane as a component: `start` resolves when it listens. */
export interface Router extends Component {
  /** The port that it listens on; 0 before it has started. */
  readonly port: number;
  readonly status: RouterStatus;
}

const SERVICES = ['conveyor.sidecar.SidecarCoordinator', 'conveyor.router.RouterAdmin'] as const;

/** Wires a router; nothing runs or listens before `start`. */
export function createRouter(options: RouterOptions): Router {
  const { store, clock, logger, registry, version } = options;
  const { heartbeatIntervalMs, maxSidecars = LIMITS.sidecars } = options;
  const metrics = routerMetrics(registry);
  const plane = new ControlPlane({
    heartbeatIntervalMs,
    maxSidecars,
    clock,
    logger: logger.child('control-plane'),
    newId: randomUUID,
    observe: (event) => metrics.observe(event),
  });
  const status = createStatus(plane, store, version);
  metrics.follow(() => status.figures());
  const server = apiServer(options, { plane, store, status });
  const parts = group('router', [store, following(store, plane), ticking(plane, options), server]);
  return {
    name: 'router',
    start: (signal) => parts.start(signal),
    stop: (signal) => parts.stop(signal),
    get port() {
      return server.port;
    },
    status,
  };
}

/** Hands what is to run from the store to the control plane. */
function following(store: PipelineStore, plane: ControlPlane): Component {
  const hand = (): void =>
    plane.setPipelines(
      [...store.pipelines().values()]
        .filter(({ definition }) => definition.enabled)
        .map(({ definition, generation }) => ({ ...definition, generation })),
    );
  let unfollow: () => void = () => undefined;
  return {
    name: 'pipelines',
    start() {
      hand();
      unfollow = store.onChange(hand);
      return Promise.resolve();
    },
    stop() {
      unfollow();
      return Promise.resolve();
    },
  };
}

/** Counts the running time and checks the leases. */
function ticking(plane: ControlPlane, { clock, logger }: RouterOptions): Component {
  let loop: Loop | undefined;
  return {
    name: 'leases',
    start() {
      loop = startLoop({
        clock,
        tick() {
          plane.tick();
          return Promise.resolve(plane.tickMs);
        },
        onError(error) {
          logger.error('leases could not be checked', { error });
          return plane.tickMs;
        },
      });
      return Promise.resolve();
    },
    async stop() {
      await loop?.stop();
    },
  };
}

interface Parts {
  readonly plane: ControlPlane;
  readonly store: PipelineStore;
  readonly status: RouterStatus;
}

function apiServer(options: RouterOptions, parts: Parts): Component & { readonly port: number } {
  const { host = anyHost(), credentials, logger, interceptors = [] } = options;
  const server = createServer({ maxMessageBytes: LIMITS.messageBytes, interceptors: [...interceptors] });
  let port = 0;
  addServices(server, options, { ...parts, address: () => hostPort(host, port) });
  const health = addHealth(server);
  return {
    name: 'api',
    get port() {
      return port;
    },
    async start() {
      port = await listen(server, { host, port: options.port, credentials });
      for (const name of served()) health.set(name, 'SERVING');
      logger.info('router listens', { port, pipelines: parts.store.pipelines().size });
    },
    async stop(signal) {
      for (const name of ['', ...served()]) health.set(name, 'NOT_SERVING');
      health.close();
      parts.plane.close();
      await shutdown(server, signal);
    },
  };
}

const served = (): string[] => SERVICES.flatMap((name) => PREFIXES.map((prefix) => withPrefix(name, prefix)));

function addServices(
  server: Server,
  { heartbeatIntervalMs, version, clock, registry }: RouterOptions,
  { plane, store, status, address }: Parts & { readonly address: () => string },
): void {
  const coordinator = coordinatorHandlers({ coordination: plane, heartbeatIntervalMs, version });
  const admin = adminHandlers({
    store,
    stageStatuses: (id) => status.stageFigures(id),
    cluster: () => ({
      address: address(),
      healthy:
        !plane.massLapse && !plane.settling && !store.problems().some(({ severity }) => severity === 'error'),
      wallTimeMs: clock.wallTime(),
    }),
    metrics: () => allSeries(registry),
  });
  for (const prefix of PREFIXES) {
    server.addService(serviceDefinition('conveyor.sidecar.SidecarCoordinator', prefix), coordinator);
    server.addService(serviceDefinition('conveyor.router.RouterAdmin', prefix), admin);
  }
  addReflection(server, [...served(), 'grpc.health.v1.Health']);
}

/** Every series as `name{label="value"}`. */
async function allSeries(registry: Registry): Promise<Record<string, number>> {
  const metrics = await registry.getMetricsAsJSON();
  const series = metrics.flatMap(({ name, values }) =>
    values.map((each) => {
      const labels = Object.entries(each.labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
      const full = (each as { metricName?: string }).metricName ?? name;
      return [labels.length === 0 ? full : `${full}{${labels.join(',')}}`, each.value] as const;
    }),
  );
  return Object.fromEntries(series);
}
