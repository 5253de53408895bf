import { randomUUID } from 'node:crypto';
import { ServerCredentials } from '@grpc/grpc-js';
import type { Registry } from 'prom-client';
import { inCluster } from '../foundation/kubernetes/settings.ts';
import { aborted } from '../foundation/lifecycle/aborted.ts';
import { systemClock as clock } from '../foundation/lifecycle/clock.ts';
import { type Component, group } from '../foundation/lifecycle/component.ts';
import { createAdminServer } from '../foundation/telemetry/admin-server.ts';
import { grpcServerMetrics } from '../foundation/telemetry/grpc-server-metrics.ts';
import type { Logger } from '../foundation/telemetry/logger.ts';
import { createRegistry } from '../foundation/telemetry/metrics.ts';
import type { ReadinessCheck } from '../foundation/telemetry/readiness.ts';
import type { Certificate } from './api/certificate.ts';
import { certificateFiles } from './api/certificate-files.ts';
import { createRouter, type Router } from './create-router.ts';
import type { Cluster, ClusterHost } from './kubernetes/cluster.ts';
import { replicaMetrics } from './metrics.ts';
import { FileStore } from './pipelines/store-files.ts';
import { formatUnlisted } from './pipelines/unlisted.ts';
import type { RouterConfig } from './settings.ts';

/** What the `router` command writes to, and what it says of itself. */
export interface RunIo {
  readonly logger: Logger;
  readonly version: string;
  /** Of Node, for the build info. */
  readonly nodeVersion?: string;
}

/**
 * Runs the router with its admin server until the signal aborts. Resolves to the exit code.
 * @throws ConveyorError when it cannot start: FAILED_PRECONDITION for a port that is taken, …
 */
export async function runRouter(config: RouterConfig, io: RunIo, signal: AbortSignal): Promise<number> {
  const { logger, version, nodeVersion = '' } = io;
  const registry = createRegistry({ program: 'router', version, node: nodeVersion });
  const cluster = await clusterOf(config, { clock, logger, instance: randomUUID() });
  const certificate = cluster?.certificate ?? certificateOf(config, logger);
  replicaMetrics(registry, () => ({
    leading: cluster?.leadership.leading() ?? true,
    certificateEndsMs: certificate?.notAfterMs(),
  }));
  const router = routerOf(config, { ...io, registry, cluster, certificate });
  const admin = createAdminServer({
    port: config.adminPort,
    registry,
    checks: checksOf({ router, store: cluster?.store }, signal),
    status: () => ({ ...leadershipStatus(cluster), ...router.status.statusz() }),
  });
  const before = certificate === undefined ? [] : [certificate];
  const program = group('router program', [admin, ...before, router, ...(cluster?.beside(router) ?? [])]);
  await run(program, signal, config.shutdownGraceMs);
  return 0;
}

async function run(program: Component, signal: AbortSignal, graceMs: number): Promise<void> {
  try {
    await program.start(signal);
  } catch (error) {
    // what was told to stop while it started has not failed
    if (!signal.aborted) throw error;
    return;
  }
  await aborted(signal);
  await program.stop(AbortSignal.timeout(graceMs));
}

/** Nothing of Kubernetes is loaded where there is none. */
async function clusterOf(config: RouterConfig, host: ClusterHost): Promise<Cluster | undefined> {
  if (!inCluster(config)) return undefined;
  const { joinCluster } = await import('./kubernetes/cluster.ts');
  return joinCluster(config, host);
}

function certificateOf(
  { tlsCertFile: certFile, tlsKeyFile: keyFile }: RouterConfig,
  logger: Logger,
): Certificate | undefined {
  return certFile === ''
    ? undefined
    : certificateFiles({ certFile, keyFile, clock, logger: logger.child('certificate') });
}

interface Joined extends RunIo {
  readonly registry: Registry;
  readonly cluster: Cluster | undefined;
  readonly certificate: Certificate | undefined;
}

function routerOf(config: RouterConfig, { logger, version, registry, cluster, certificate }: Joined): Router {
  const { routerPort: port, routerTlsPort, pipelinesDir: directory, heartbeatIntervalMs } = config;
  return createRouter({
    port,
    credentials: ServerCredentials.createInsecure(),
    ...(certificate && { tls: { port: routerTlsPort, credentials: certificate.credentials } }),
    store: cluster?.store ?? new FileStore({ directory, clock, logger: logger.child('pipelines') }),
    ...(cluster && { leadership: cluster.leadership, gate: cluster.gate }),
    heartbeatIntervalMs,
    version,
    clock,
    logger,
    registry,
    interceptors: [grpcServerMetrics(registry)],
  });
}

/** One that does not lead is ready as well, so that rollouts proceed: the Service selects by the label. */
function checksOf(
  { router, store }: { readonly router: Router; readonly store: Cluster['store'] | undefined },
  signal: AbortSignal,
): ReadinessCheck[] {
  return [
    {
      name: 'listening',
      check() {
        if (signal.aborted) return { ok: false, reason: 'stopping' };
        if (router.port > 0) return { ok: true };
        const why = (store?.unlisted() ?? []).map(formatUnlisted).join('; ');
        return { ok: false, reason: `not listening yet${why === '' ? '' : `: ${why}`}` };
      },
    },
  ];
}

function leadershipStatus(cluster: Cluster | undefined): Record<string, unknown> {
  if (cluster === undefined) return {};
  const { leadership } = cluster;
  return { leading: leadership.leading(), leader: leadership.holder() };
}
