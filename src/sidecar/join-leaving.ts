import type { Registry } from 'prom-client';
import { ConveyorError } from '../foundation/errors.ts';
import { inCluster } from '../foundation/kubernetes/settings.ts';
import type { StopHooks } from '../foundation/telemetry/admin-pages.ts';
import type { Logger } from '../foundation/telemetry/logger.ts';
import { Life } from './leaving/life.ts';
import type { HeldServices } from './leaving/ports.ts';
import { hookMetrics } from './leaving/metrics.ts';
import { openLine } from './leaving/line.ts';
import { waitUntil } from './leaving/wait.ts';
import type { SidecarParts } from './parts.ts';
import type { SidecarConfig } from './settings.ts';

/** Gives the parts a life. It ends with the pod's, or when someone asks. */
export function lifeOf(parts: SidecarParts, logger: Logger): Life {
  const { clock, config, dataPath, pod, session } = parts;
  const { sidecarId, terminationLog, shutdownGraceMs: graceMs } = config;
  return new Life({
    ...{ clock, logger, session, terminationLog, graceMs },
    dataPlane: dataPath.dataPlane,
    services: servicesOf(parts),
    flushSinks: (timeoutMs) => dataPath.flushSinks(timeoutMs),
    notServing: () => dataPath.health.set('', 'NOT_SERVING'),
    // there an application may have to be waited for, also where the API tells nothing
    pod: inCluster(config) ? pod : undefined,
    facts: { sidecarId },
    record: (event) => pod.record({ type: 'Normal', ...event }),
  });
}

function servicesOf({ dataPath, discovery, offered }: SidecarParts): HeldServices {
  return {
    found: () => offered.found(),
    withhold: (match) => offered.withhold('preStop', match),
    activeRequests: (service) => dataPath.activeRequests(service),
    line: ({ endpoint }) => openLine(endpoint),
    renew: (ports) => discovery.renew((port) => ports.has(port)),
  };
}

/** What the kubelet calls; nothing where the pod has no key. */
export function stopHooksOf(
  { hookKey }: SidecarConfig,
  life: Pick<Life, 'preStop' | 'hold'>,
  registry: Registry,
): StopHooks | undefined {
  if (hookKey === '') return undefined;
  const metrics = hookMetrics(registry);
  return {
    key: hookKey,
    ownStop: () => life.preStop(),
    hold: (container) => metrics.held(life.hold(container)),
  };
}

/**
 * Finishes all pipelines; the sidecar stays.
 * @throws ConveyorError DEADLINE_EXCEEDED when records are still in flight after the time of a batch.
 */
export async function drainPipelines({ clock, config, dataPath }: SidecarParts): Promise<void> {
  const { routes, dataPlane } = dataPath;
  const { batchTimeoutMs } = config;
  routes.drain([], batchTimeoutMs);
  if (!(await waitUntil(clock, clock.now() + batchTimeoutMs, () => dataPlane.inFlight() === 0)))
    throw new ConveyorError('DEADLINE_EXCEEDED', 'records are still in flight');
}
