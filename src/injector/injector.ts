import { ConveyorError } from '../foundation/errors.ts';
import type { KubeApi } from '../foundation/kubernetes/api.ts';
import { connectKube } from '../foundation/kubernetes/client.ts';
import { createEventRecorder, type EventRecorder } from '../foundation/kubernetes/events.ts';
import { createLeader, type Leader } from '../foundation/kubernetes/leader.ts';
import { aborted } from '../foundation/lifecycle/aborted.ts';
import { systemClock } from '../foundation/lifecycle/clock.ts';
import { type Component, group } from '../foundation/lifecycle/component.ts';
import { createAdminServer } from '../foundation/telemetry/admin-server.ts';
import type { Logger } from '../foundation/telemetry/logger.ts';
import { createRegistry } from '../foundation/telemetry/metrics.ts';
import type { ReadinessCheck } from '../foundation/telemetry/readiness.ts';
import { createCertificates, type InjectorCertificates } from './certificates/certificates.ts';
import { newHookKey } from './inject-files.ts';
import { transform } from './injection/transform.ts';
import { createNamespaces } from './namespaces/namespaces.ts';
import { injectionOf, type InjectorConfig, systemNamespacesOf } from './settings.ts';
import { type WebhookMetrics, webhookMetrics } from './webhook/metrics.ts';
import { createNativeSupport, type NativeSupport } from './webhook/native-support.ts';
import { createWebhookServer, type WebhookServer } from './webhook/server.ts';
import { createWebhook } from './webhook/webhook.ts';

/** What an injector gets from the process that it runs in. */
export interface InjectorHost {
  readonly logger: Logger;
  readonly version: string;
  readonly nodeVersion: string;
  /** New at every start. */
  readonly instance: string;
}

// not the sidecars' name: what is written in theirs is held to the pod that writes
const REPORTER = 'conveyor.etl/injector';
const LEASE = 'conveyor-injector';

/**
 * Runs the injector with its admin server until the signal aborts.
 * @returns the exit code: 0 after a stop, 1 when it could not start or stop.
 * @throws ConveyorError CONFIG_INVALID without access to a cluster.
 */
export async function runInjector(
  config: InjectorConfig,
  host: InjectorHost,
  signal: AbortSignal,
): Promise<number> {
  const { kubeconfigFile: kubeconfig, leaveDelayMs, shutdownGraceMs } = config;
  const api = await connectKube({ kubeconfig });
  const { program, server } = createInjector({ config, host, api, signal });
  try {
    await program.start(signal);
    host.logger.info('started', { webhookPort: server.port, systemNamespace: config.systemNamespace });
    await aborted(signal);
    // unready from now on; the proxies between the API server and us learn of it a moment later
    server.leave();
    await systemClock.sleep(leaveDelayMs);
    await program.stop(AbortSignal.timeout(shutdownGraceMs));
    return 0;
  } catch (error) {
    host.logger.error('injector failed', { error: ConveyorError.from(error) });
    return 1;
  }
}

interface InjectorParts {
  readonly config: InjectorConfig;
  readonly host: InjectorHost;
  readonly api: KubeApi;
  /** Aborts when the injector begins to leave. */
  readonly signal: AbortSignal;
}

/** Makes the rooms and joins them; the admin server is the first to start. */
function createInjector(parts: InjectorParts): { program: Component; server: WebhookServer } {
  const { config, host, api } = parts;
  const { logger } = host;
  const { systemNamespace: namespace, podName, podUid } = config;
  const clock = systemClock;
  const registry = createRegistry({ program: 'injector', version: host.version, node: host.nodeVersion });
  const metrics = webhookMetrics(registry);
  const identity = `${podName}_${host.instance}`;
  const leader = createLeader({ api, namespace, name: LEASE, identity, clock, logger });
  const manageRbac = config.manageRbac === 'on';
  const systemNamespaces = systemNamespacesOf(config);
  const namespaces = createNamespaces({ api, leader, systemNamespaces, manageRbac, clock, logger });
  const certificates = createCertificates({
    ...{ config, api, namespace, leader, clock, logger, registry },
    replica: { name: podName, uid: podUid },
    places: [namespaces],
  });
  const native = nativeSupport(parts, metrics);
  const events = createEventRecorder({
    ...{ api, namespace, clock, logger },
    ...{ reporter: REPORTER, instance: podName },
  });
  const server = webhookServer(parts, { metrics, native, certificates, events });
  const admin = createAdminServer({
    port: config.adminPort,
    registry,
    checks: checksOf(parts, server, certificates),
    status: () => statusOf(parts, { leader, native, certificates, events }),
  });
  const rooms = [admin, events, native, leader, namespaces, certificates, server];
  return { program: group('injector', rooms), server };
}

interface Rooms {
  readonly metrics: WebhookMetrics;
  readonly native: NativeSupport;
  readonly certificates: InjectorCertificates;
  readonly events: EventRecorder;
  readonly leader: Leader;
}

function webhookServer(
  { config, host: { logger, version } }: InjectorParts,
  { metrics, native, certificates, events }: Omit<Rooms, 'leader'>,
): WebhookServer {
  const injection = { ...injectionOf(config), version, newHookKey };
  // the selectors of the webhook configuration let only pods come here that are opted in
  const opted = { namespaceLabel: 'enabled', systemNamespaces: systemNamespacesOf(config) };
  const handle = createWebhook({
    transform: (pod, namespace) =>
      transform(pod, { ...opted, namespace }, { ...injection, native: native.supported() }),
    clock: systemClock,
    logger: logger.child('webhook'),
    metrics,
    record: (event) => events.record(event),
  });
  const refused = (status: number): void => metrics.refused(status);
  return createWebhookServer({ port: config.webhookPort, certificates, handle, refused });
}

/** Where the mode is set nobody needs to be asked. */
function nativeSupport(
  { config: { sidecarMode }, host: { logger }, api }: InjectorParts,
  metrics: WebhookMetrics,
): NativeSupport {
  const observe = (supported: boolean | undefined): void => metrics.native(supported);
  if (sidecarMode === 'auto')
    return createNativeSupport({ api, clock: systemClock, logger: logger.child('native'), observe });
  const supported = sidecarMode === 'native';
  observe(supported);
  const nothing = (): Promise<void> => Promise.resolve();
  return { name: 'native support', supported: () => supported, start: nothing, stop: nothing };
}

function checksOf(
  { signal }: InjectorParts,
  server: WebhookServer,
  { check }: InjectorCertificates,
): ReadinessCheck[] {
  return [
    {
      name: 'listening',
      check: () =>
        server.port > 0 ? { ok: true } : { ok: false, reason: 'the webhook does not listen yet' },
    },
    check,
    {
      name: 'not leaving',
      check: () => (signal.aborted ? { ok: false, reason: 'the injector is shutting down' } : { ok: true }),
    },
  ];
}

function statusOf(
  { config, host: { version } }: InjectorParts,
  { leader, native, certificates, events }: Omit<Rooms, 'metrics'>,
): object {
  return {
    ...{ program: 'injector', version },
    leading: leader.leading(),
    leader: leader.holder(),
    native: { mode: config.sidecarMode, supported: native.supported() ?? 'unknown' },
    certificates: certificates.status(),
    sidecar: injectionOf(config),
    eventsLost: events.lost(),
  };
}
