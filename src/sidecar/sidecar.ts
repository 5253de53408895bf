import { credentials, ServerCredentials } from '@grpc/grpc-js';
import { ConveyorError } from '../foundation/errors.ts';
import { type Clock, systemClock } from '../foundation/lifecycle/clock.ts';
import { group } from '../foundation/lifecycle/component.ts';
import { type AdminServer, createAdminServer } from '../foundation/telemetry/admin-server.ts';
import { grpcServerMetrics } from '../foundation/telemetry/grpc-server-metrics.ts';
import type { Logger } from '../foundation/telemetry/logger.ts';
import { createRegistry } from '../foundation/telemetry/metrics.ts';
import type { ReadinessCheck } from '../foundation/telemetry/readiness.ts';
import { type ClusterClient, createClusterClient } from './cluster-client/cluster-client.ts';
import { clusterClientMetrics } from './cluster-client/metrics.ts';
import { createDataPath, type DataPath } from './data-path.ts';
import { createDiscovery, type Discovery } from './discovery/discovery.ts';
import { discoveryMetrics } from './discovery/metrics.ts';
import { type Candidates, candidatePorts } from './discovery/ports.ts';
import { createLoad, type ProcessUsage } from './load.ts';
import { sessionServices } from './session-services.ts';
import type { SidecarConfig } from './settings.ts';
import { drainInbound, drainOutbound, type Leaving } from './shutdown.ts';
import { sidecarStatus } from './status.ts';

/** What a sidecar gets from the process that it runs in. */
export interface SidecarHost {
  readonly logger: Logger;
  readonly version: string;
  readonly nodeVersion: string;
  readonly usage: ProcessUsage;
  /** New at every start. */
  readonly instance: string;
}

/** A sidecar that runs. */
export interface Sidecar {
  readonly grpcPort: number;
  readonly adminPort: number;
  /** Resolves when someone has asked it to leave by its admin port. */
  readonly exitRequested: Promise<void>;
  /** Drains within the grace, then stops. Idempotent. */
  shutdown(graceMs: number): Promise<void>;
}

interface Parts {
  readonly clock: Clock;
  readonly config: SidecarConfig;
  readonly host: SidecarHost;
  readonly dataPath: DataPath;
  readonly discovery: Discovery;
  readonly session: ClusterClient;
}

/** Runs a sidecar until the signal aborts or someone asks it to leave. Resolves to the exit code. */
export async function runSidecar(
  config: SidecarConfig,
  host: SidecarHost,
  signal: AbortSignal,
): Promise<number> {
  const sidecar = await startSidecar(config, host);
  await Promise.race([aborted(signal), sidecar.exitRequested]);
  await sidecar.shutdown(config.shutdownGraceMs);
  return 0;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/**
 * Starts a sidecar: the admin server first, so that probes are answered; then what takes records; then what finds
 * services; then the session, which tells the router of all that.
 * @throws ConveyorError FAILED_PRECONDITION when a port is taken.
 */
export async function startSidecar(config: SidecarConfig, host: SidecarHost): Promise<Sidecar> {
  const clock = systemClock;
  const registry = createRegistry({ program: 'sidecar', version: host.version, node: host.nodeVersion });
  const startedAt = clock.wallTime();

  const discovery = createDiscovery({
    candidates: candidatesOf(config),
    credentials: credentials.createInsecure(),
    clock,
    logger: host.logger.child('discovery'),
    metrics: discoveryMetrics(registry),
    probe: { timeoutMs: config.discoveryProbeTimeoutMs },
    slowIntervalMs: config.discoveryIntervalMs,
  });
  const dataPath = createDataPath({
    ...config,
    clock,
    logger: host.logger.child('data-path'),
    registry,
    pod: discovery.registry,
    instance: host.instance,
    channelCredentials: credentials.createInsecure(),
    serverCredentials: ServerCredentials.createInsecure(),
    interceptors: [grpcServerMetrics(registry)],
    byteBudget: config.byteBudgetBytes,
  });
  const session = createClusterClient({
    identity: { ...config, version: host.version, instance: host.instance },
    addresses: config.clusterEndpoints,
    credentials: credentials.createInsecure(),
    advertised: { ...(config.podIp === '' ? {} : { podIp: config.podIp }), port: () => dataPath.port },
    services: sessionServices({
      registry: discovery.registry,
      sources: dataPath.dataPlane.sources,
      activeRequests: (service) => dataPath.activeRequests(service),
    }),
    routes: dataPath.routes,
    load: createLoad(clock, host.usage, dataPath.dataPlane),
    clock,
    logger: host.logger.child('session'),
    metrics: clusterClientMetrics(registry),
    timings: {
      heartbeatIntervalMs: config.heartbeatIntervalMs,
      reregisterIntervalMs: config.reregisterIntervalMs,
    },
  });
  const parts: Parts = { clock, config, host, dataPath, discovery, session };
  const life = lifeOf(parts);
  const admin = createAdminServer({
    port: config.adminPort,
    registry,
    checks: checksOf(parts, life, clock.now()),
    status: () =>
      sidecarStatus({
        ...config,
        ...parts,
        version: host.version,
        startedAt,
        wallTime: () => clock.wallTime(),
      }),
    onDrain: ({ exit }) => life.drain(exit),
  });
  const all = group('sidecar', [admin, dataPath, discovery, session]);
  await all.start(new AbortController().signal);
  life.started((signal) => all.stop(signal));
  host.logger.info('started', {
    sidecarId: config.sidecarId,
    grpcPort: dataPath.port,
    adminPort: admin.port,
    routers: config.clusterEndpoints,
  });
  return handleOf({ dataPath, admin, life });
}

function handleOf({
  dataPath,
  admin,
  life,
}: {
  dataPath: DataPath;
  admin: AdminServer;
  life: Life;
}): Sidecar {
  return {
    grpcPort: dataPath.port,
    adminPort: admin.port,
    exitRequested: life.exitRequested,
    shutdown: (graceMs) => life.shutdown(graceMs),
  };
}

/** Where to look for services. Our own ports are no candidates. */
function candidatesOf(config: SidecarConfig): Candidates {
  return {
    ports: candidatePorts({
      startPort: config.discoveryStartPort,
      endPort: config.discoveryEndPort,
      extraPorts: [...config.discoveryPorts, ...Object.keys(config.serviceNames).map(Number)],
      ownPorts: [config.grpcPort, config.adminPort],
    }),
    names: new Map(Object.entries(config.serviceNames).map(([port, name]) => [Number(port), name])),
    hints: new Map(),
  };
}

function checksOf(
  { dataPath, session, clock, config }: Parts,
  life: Life,
  startedAt: number,
): ReadinessCheck[] {
  const { readyWithoutRouterMs } = config;
  return [
    {
      name: 'listening',
      check: () =>
        dataPath.port > 0 ? { ok: true } : { ok: false, reason: 'the gRPC server does not listen yet' },
    },
    {
      name: 'registered',
      check() {
        if (session.registered()) return { ok: true };
        if (readyWithoutRouterMs !== 'off' && clock.now() - startedAt >= readyWithoutRouterMs)
          return { ok: true };
        return {
          ok: false,
          reason: `no router has taken the registration yet: ${config.clusterEndpoints.join(', ')}`,
        };
      },
    },
    {
      name: 'not leaving',
      check: () => (life.leaving() ? { ok: false, reason: 'the sidecar is shutting down' } : { ok: true }),
    },
  ];
}

/** The one-way street from running to gone. */
interface Life {
  readonly exitRequested: Promise<void>;
  leaving(): boolean;
  started(stop: (signal: AbortSignal) => Promise<void>): void;
  /** What `POST /drainz` does: finishes all pipelines; with exit also leaves. */
  drain(exit: boolean): Promise<void>;
  shutdown(graceMs: number): Promise<void>;
}

/** What the admin server and the listeners get to close in, once the drain is over. */
const CLOSE_MS = 1_000;

function lifeOf({ clock, config, host, dataPath, session }: Parts): Life {
  let stop: (signal: AbortSignal) => Promise<void> = () => Promise.resolve();
  let ending: Promise<void> | undefined;
  let requestExit: () => void = () => undefined;
  const exitRequested = new Promise<void>((resolve) => {
    requestExit = resolve;
  });
  const leaving: Leaving = {
    clock,
    logger: host.logger.child('shutdown'),
    dataPlane: dataPath.dataPlane,
    setDraining: (reason) => session.setDraining(reason),
    deregister: (reason, signal) => session.leave(reason, signal),
    flushSinks: (timeoutMs) => dataPath.flushSinks(timeoutMs),
  };
  const drainAll = async (graceMs: number): Promise<void> => {
    const grace = { graceMs, until: clock.now() + graceMs };
    dataPath.health.set('', 'NOT_SERVING');
    await drainInbound(leaving, grace);
    await drainOutbound(leaving, grace);
  };
  return {
    exitRequested,
    leaving: () => ending !== undefined,
    started(stopAll) {
      stop = stopAll;
    },
    async drain(exit) {
      if (exit) {
        ending ??= drainAll(config.shutdownGraceMs);
        await ending;
        requestExit();
        return;
      }
      const until = clock.now() + config.shutdownGraceMs;
      dataPath.routes.drain([], config.shutdownGraceMs);
      while (dataPath.dataPlane.inFlight() > 0) {
        if (clock.now() > until) throw new ConveyorError('DEADLINE_EXCEEDED', 'records are still in flight');
        await clock.sleep(10);
      }
    },
    async shutdown(graceMs) {
      ending ??= drainAll(graceMs);
      await ending;
      await stop(AbortSignal.timeout(CLOSE_MS));
    },
  };
}
