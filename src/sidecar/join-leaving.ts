import { ConveyorError } from '../foundation/errors.ts';
import type { Clock } from '../foundation/lifecycle/clock.ts';
import type { StopHooks } from '../foundation/telemetry/admin-pages.ts';
import type { Logger } from '../foundation/telemetry/logger.ts';
import type { ClusterClient } from './cluster-client/cluster-client.ts';
import type { DataPath } from './data-path.ts';
import type { Discovery } from './discovery/discovery.ts';
import { Life } from './leaving/life.ts';
import type { HeldServices } from './leaving/ports.ts';
import { openLine } from './leaving/line.ts';
import { waitUntil } from './leaving/wait.ts';
import type { Offered } from './offered.ts';
import type { PodView } from './join-own-pod.ts';
import type { SidecarConfig } from './settings.ts';

/** The parts of a sidecar that its end acts on. */
export interface LivingParts {
  readonly clock: Clock;
  readonly config: SidecarConfig;
  readonly dataPath: DataPath;
  readonly discovery: Discovery;
  readonly offered: Offered;
  readonly pod: PodView;
  readonly session: ClusterClient;
}

/** Gives the parts a life. It ends with the pod's, or when someone asks. */
export function lifeOf(parts: LivingParts, logger: Logger): Life {
  const { clock, config, dataPath, pod, session } = parts;
  const { sidecarId, terminationLog, shutdownGraceMs: graceMs } = config;
  return new Life({
    ...{ clock, logger, session, terminationLog, graceMs },
    dataPlane: dataPath.dataPlane,
    services: servicesOf(parts),
    flushSinks: (timeoutMs) => dataPath.flushSinks(timeoutMs),
    notServing: () => dataPath.health.set('', 'NOT_SERVING'),
    pod: isInPod(config) ? pod : undefined,
    facts: { sidecarId },
    record: (event) => pod.record({ type: 'Normal', ...event }),
  });
}

function servicesOf({ dataPath, discovery, offered }: LivingParts): HeldServices {
  return {
    found: () => offered.found(),
    withhold: (match) => offered.withhold('preStop', match),
    activeRequests: (service) => dataPath.activeRequests(service),
    line: ({ endpoint }) => openLine(endpoint),
    renew: (ports) => discovery.renew((port) => ports.has(port)),
  };
}

/** In a pod there is an application to wait for, also where the API tells nothing. */
function isInPod({ kubernetes, kubernetesHost, hookKey }: SidecarConfig): boolean {
  return kubernetes === 'on' || (kubernetes === 'auto' && (kubernetesHost !== '' || hookKey !== ''));
}

/** What the kubelet calls; nothing where the pod has no key. */
export function stopHooksOf({ hookKey }: SidecarConfig, life: Life): StopHooks | undefined {
  if (hookKey === '') return undefined;
  return { key: hookKey, ownStop: () => life.preStop(), hold: (container) => life.hold(container) };
}

/**
 * Finishes all pipelines; the sidecar stays.
 * @throws ConveyorError DEADLINE_EXCEEDED when records are still in flight after the time of a batch.
 */
export async function drainPipelines({ clock, config, dataPath }: LivingParts): Promise<void> {
  const { routes, dataPlane } = dataPath;
  const { batchTimeoutMs } = config;
  routes.drain([], batchTimeoutMs);
  if (!(await waitUntil(clock, clock.now() + batchTimeoutMs, () => dataPlane.inFlight() === 0)))
    throw new ConveyorError('DEADLINE_EXCEEDED', 'records are still in flight');
}
