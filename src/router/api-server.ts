import type { Server, ServerCredentials, ServerInterceptor } from '@grpc/grpc-js';
import type { Registry } from 'prom-client';
import { PREFIXES, serviceDefinition, withPrefix } from '../foundation/grpc/definitions.ts';
import { createFaultLog } from '../foundation/grpc/faults.ts';
import { addHealth } from '../foundation/grpc/health.ts';
import { addReflection } from '../foundation/grpc/reflection.ts';
import { createServer, listen, shutdown } from '../foundation/grpc/server.ts';
import type { Clock } from '../foundation/lifecycle/clock.ts';
import type { Component } from '../foundation/lifecycle/component.ts';
import { anyHost, hostPort } from '../foundation/net/address.ts';
import type { Logger } from '../foundation/telemetry/logger.ts';
import { adminHandlers } from './api/admin.ts';
import { coordinatorHandlers } from './api/coordinator.ts';
import { leadersOnly } from './api/leaders-only.ts';
import { LIMITS } from './api/limits.ts';
import type { Gate } from './api/ports.ts';
import type { PipelineStore } from './pipelines/store.ts';
import type { RouterStatus } from './status.ts';
import type { Leadership, Terms } from './terms.ts';

/** Where a server listens. */
export interface Listener {
  /** Every address unless told. */
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
  readonly credentials: ServerCredentials;
}

/** What the services of a router are made of. */
export interface ApiParts {
  readonly terms: Terms;
  readonly leadership: Leadership;
  readonly store: PipelineStore;
  readonly status: RouterStatus;
  readonly gate: Gate;
  readonly heartbeatIntervalMs: number;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly interceptors: readonly ServerInterceptor[];
}

/** A gRPC server as a component: `start` resolves when it listens. */
export interface ApiServer extends Component {
  /** The port that it listens on; 0 before it has started. */
  readonly port: number;
}

const SERVICES = ['conveyor.sidecar.SidecarCoordinator', 'conveyor.router.RouterAdmin'] as const;

/** Serves SidecarCoordinator and RouterAdmin, health and reflection at one port. */
export function apiServer(
  { host = anyHost(), port: wanted, credentials }: Listener,
  parts: ApiParts,
): ApiServer {
  const { terms, leadership } = parts;
  const server = createServer({
    maxMessageBytes: LIMITS.messageBytes,
    tellFault: createFaultLog({ clock: parts.clock, logger: parts.logger.child('api') }),
    interceptors: [...parts.interceptors, leadersOnly(() => terms.assertLeading())],
  });
  let port = 0;
  let unfollow: () => void = () => undefined;
  addServices(server, parts, { secure: credentials._isSecure(), address: () => hostPort(host, port) });
  const health = addHealth(server);
  const tellHealth = (): void => {
    const state = leadership.leading() ? 'SERVING' : 'NOT_SERVING';
    for (const name of served()) health.set(name, state);
  };
  return {
    name: 'api',
    get port() {
      return port;
    },
    async start() {
      port = await listen(server, { host, port: wanted, credentials });
      unfollow = leadership.onChange(tellHealth);
      tellHealth();
    },
    async stop(signal) {
      unfollow();
      for (const name of ['', ...served()]) health.set(name, 'NOT_SERVING');
      health.close();
      terms.close();
      await shutdown(server, signal);
    },
  };
}

const served = (): string[] => SERVICES.flatMap((name) => PREFIXES.map((prefix) => withPrefix(name, prefix)));

function addServices(
  server: Server,
  { terms, store, status, gate, heartbeatIntervalMs, version, clock, registry }: ApiParts,
  { secure, address }: { readonly secure: boolean; readonly address: () => string },
): void {
  const coordinator = coordinatorHandlers({
    coordination: terms,
    gate,
    secure,
    heartbeatIntervalMs,
    version,
  });
  const admin = adminHandlers({
    store,
    gate,
    secure,
    stageStatuses: (id) => status.stageFigures(id),
    cluster: () => ({
      address: address(),
      healthy:
        !terms.massLapse && !terms.settling && !store.problems().some(({ severity }) => severity === 'error'),
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
