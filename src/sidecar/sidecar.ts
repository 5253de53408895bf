import { credentials, ServerCredentials } from '@grpc/grpc-js';
import type { Registry } from 'prom-client';
import { aborted } from '../foundation/lifecycle/aborted.ts';
import { type Clock, systemClock } from '../foundation/lifecycle/clock.ts';
import { group } from '../foundation/lifecycle/component.ts';
import { letHeapGrow } from '../foundation/lifecycle/heap.ts';
import { createAdminServer } from '../foundation/telemetry/admin-server.ts';
import { grpcServerMetrics } from '../foundation/telemetry/grpc-server-metrics.ts';
import type { Logger } from '../foundation/telemetry/logger.ts';
import { createRegistry } from '../foundation/telemetry/metrics.ts';
import { createClusterClient } from './cluster-client/cluster-client.ts';
import { routerCredentials } from './cluster-client/link/credentials.ts';
import { clusterClientMetrics } from './cluster-client/metrics.ts';
import { createDataPath } from './data-path.ts';
import { candidatesOf } from './discover.ts';
import { createDiscovery } from './discovery/discovery.ts';
import { discoveryMetrics } from './discovery/metrics.ts';
import { drainPipelines, lifeOf, stopHooksOf } from './join-leaving.ts';
import { openPod } from './join-own-pod.ts';
import { createLoad, type ProcessUsage } from './load.ts';
import { createOffered } from './offered.ts';
import type { SidecarParts } from './parts.ts';
import { mismatchEvent, sessionEvent } from './pod-events.ts';
import { readinessChecks } from './readiness.ts';
import { sessionServices } from './session-services.ts';
import type { SidecarConfig } from './settings.ts';
import { sidecarStatus } from './status.ts';
import { tellWithheld } from './tell-withheld.ts';

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
  /** Drains within the grace, then stops. Idempotent. @param graceMs in place of the setting. */
  shutdown(graceMs?: number): Promise<void>;
}

/** Runs a sidecar until the signal aborts or someone asks it to leave. Resolves to the exit code. */
export async function runSidecar(
  config: SidecarConfig,
  host: SidecarHost,
  signal: AbortSignal,
): Promise<number> {
  const sidecar = await startSidecar(config, host);
  await Promise.race([aborted(signal), sidecar.exitRequested]);
  await sidecar.shutdown();
  return 0;
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
  const ending = (): boolean => life.leaving();
  const parts = await partsOf(config, host, { clock, registry, ending });
  const { dataPath, discovery, pod, session } = parts;
  const life = lifeOf(parts, host.logger.child('shutdown'));
  const admin = createAdminServer({
    port: config.adminPort,
    registry,
    checks: readinessChecks({ ...parts, leaving: ending }, clock.now()),
    status: () =>
      sidecarStatus({
        ...config,
        ...parts,
        life,
        view: pod,
        version: host.version,
        startedAt,
        wallTime: () => clock.wallTime(),
      }),
    onDrain: ({ exit }) => (exit ? life.drain() : drainPipelines(parts)),
    stopHooks: stopHooksOf(config, life, registry),
  });
  const all = group('sidecar', [admin, dataPath, discovery, pod, session]);
  await all.start(new AbortController().signal);
  life.started((signal) => all.stop(signal));
  letHeapGrow();
  host.logger.info('started', {
    sidecarId: config.sidecarId,
    grpcPort: dataPath.port,
    adminPort: admin.port,
    routers: config.clusterEndpoints,
  });
  return {
    grpcPort: dataPath.port,
    adminPort: admin.port,
    exitRequested: life.exitRequested,
    shutdown: (graceMs) => life.shutdown(graceMs),
  };
}

/** Makes the rooms and joins them: each is given what it needs of the others. */
async function partsOf(
  config: SidecarConfig,
  host: SidecarHost,
  { clock, registry, ending }: { clock: Clock; registry: Registry; ending: () => boolean },
): Promise<SidecarParts> {
  const { version, instance, logger, usage } = host;
  const channelCredentials = credentials.createInsecure();
  const discovery = createDiscovery({
    candidates: candidatesOf(config),
    credentials: channelCredentials,
    clock,
    logger: logger.child('discovery'),
    metrics: discoveryMetrics(registry),
    probe: { timeoutMs: config.discoveryProbeTimeoutMs },
    slowIntervalMs: config.discoveryIntervalMs,
    onMismatch: (mismatch) => pod.record(mismatchEvent(mismatch)),
  });
  const offered = createOffered(discovery.registry);
  tellWithheld(offered, logger.child('offer'), registry);
  const pod = await openPod(config, { clock, logger, registry, discovery, offered, ending });
  const dataPath = createDataPath({
    ...config,
    clock,
    logger: logger.child('data-path'),
    registry,
    pod: { ...offered, reportCall: discovery.registry.reportCall.bind(discovery.registry) },
    instance,
    channelCredentials,
    serverCredentials: ServerCredentials.createInsecure(),
    interceptors: [grpcServerMetrics(registry)],
    byteBudget: config.byteBudgetBytes,
  });
  const session = createClusterClient({
    identity: {
      ...{ ...config, version, instance },
      get labels() {
        return pod.labels();
      },
    },
    onRelabelled: (listener) => pod.onLabels(listener),
    tell: (notice) => pod.record(sessionEvent(notice)),
    addresses: config.clusterEndpoints,
    credentials: routerCredentials({ ...config, logger: logger.child('session') }),
    advertised: { ...(config.podIp === '' ? {} : { podIp: config.podIp }), port: () => dataPath.port },
    services: sessionServices({
      registry: offered,
      sources: dataPath.dataPlane.sources,
      activeRequests: (service) => dataPath.activeRequests(service),
    }),
    routes: dataPath.routes,
    load: createLoad(clock, usage, dataPath.dataPlane),
    clock,
    logger: logger.child('session'),
    metrics: clusterClientMetrics(registry),
    timings: {
      heartbeatIntervalMs: config.heartbeatIntervalMs,
      reregisterIntervalMs: config.reregisterIntervalMs,
    },
  });
  return { clock, config, dataPath, discovery, offered, pod, session };
}
