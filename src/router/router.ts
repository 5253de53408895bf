import { ServerCredentials } from '@grpc/grpc-js';
import { ConveyorError } from '../foundation/errors.ts';
import { systemClock } from '../foundation/lifecycle/clock.ts';
import { group } from '../foundation/lifecycle/component.ts';
import { createAdminServer } from '../foundation/telemetry/admin-server.ts';
import { grpcServerMetrics } from '../foundation/telemetry/grpc-server-metrics.ts';
import type { Logger } from '../foundation/telemetry/logger.ts';
import { createRegistry } from '../foundation/telemetry/metrics.ts';
import { createRouter } from './create-router.ts';
import { FileStore } from './pipelines/store-files.ts';

/** What the `router` command is told; the settings of the command line have these. */
export interface RunOptions {
  /** 0: any free port. */
  readonly routerPort: number;
  readonly adminPort: number;
  readonly pipelinesDir: string;
  readonly heartbeatIntervalMs: number;
  /** How long a stop may take. */
  readonly shutdownGraceMs: number;
}

/** What the `router` command writes to, and what it says of itself. */
export interface RunIo {
  readonly logger: Logger;
  readonly version: string;
  /** Of Node, for the build info. */
  readonly nodeVersion?: string;
}

/**
 * Runs the router with its admin server until the signal aborts.
 * @returns the exit code: 0 after a stop, 1 when it could not start or stop.
 */
export async function runRouter(
  config: RunOptions,
  { logger, version, nodeVersion = '' }: RunIo,
  signal: AbortSignal,
): Promise<number> {
  const { routerPort: port, adminPort, pipelinesDir: directory, heartbeatIntervalMs } = config;
  const registry = createRegistry({ program: 'router', version, node: nodeVersion });
  const store = new FileStore({ directory, clock: systemClock, logger: logger.child('pipelines') });
  const router = createRouter({
    port,
    credentials: ServerCredentials.createInsecure(),
    store,
    heartbeatIntervalMs,
    version,
    clock: systemClock,
    logger,
    registry,
    interceptors: [grpcServerMetrics(registry)],
  });
  const admin = createAdminServer({
    port: adminPort,
    registry,
    checks: [{ name: 'listening', check: () => listening(router.port, signal) }],
    status: () => router.status.statusz(),
  });
  const program = group('router program', [admin, router]);
  try {
    await program.start(signal);
    await aborted(signal);
    await program.stop(AbortSignal.timeout(config.shutdownGraceMs));
    return 0;
  } catch (error) {
    logger.error('router failed', { error: ConveyorError.from(error) });
    return 1;
  }
}

function listening(
  port: number,
  { aborted: stopping }: AbortSignal,
): { ok: true } | { ok: false; reason: string } {
  if (stopping) return { ok: false, reason: 'stopping' };
  return port > 0 ? { ok: true } : { ok: false, reason: 'not listening yet' };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
