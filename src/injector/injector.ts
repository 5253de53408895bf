import { ConveyorError } from '../foundation/errors.ts';
import type { KubeApi } from '../foundation/kubernetes/api.ts';
import { connectKube } from '../foundation/kubernetes/client.ts';
import { createEventRecorder } from '../foundation/kubernetes/events.ts';
import { systemClock } from '../foundation/lifecycle/clock.ts';
import { type Component, group } from '../foundation/lifecycle/component.ts';
import { createAdminServer } from '../foundation/telemetry/admin-server.ts';
import type { Logger } from '../foundation/telemetry/logger.ts';
import { createRegistry } from '../foundation/telemetry/metrics.ts';
import type { ReadinessCheck } from '../foundation/telemetry/readiness.ts';
import { createServedFiles } from './certificates/served-files.ts';
import { checkServed, createServedSecret, type ServedSource } from './certificates/served-secret.ts';
import { newHookKey } from './inject-files.ts';
import { transform } from './injection/transform.ts';
import { injectionOf, type InjectorConfig } from './settings.ts';
import { webhookMetrics } from './webhook/metrics.ts';
import { createNativeSupport, type NativeSupport } from './webhook/native-support.ts';
import { createWebhookServer, type WebhookServer } from './webhook/server.ts';
import { createWebhook } from './webhook/webhook.ts';

/** What an injector gets from the process that it runs in. */
export interface InjectorHost {
  readonly logger: Logger;
  readonly version: string;
  readonly nodeVersion: string;
}

// not the sidecars' name: theirs is held to the pod that writes
const REPORTER = 'conveyor.etl/injector';
const WEBHOOK_SECRET = 'conveyor-injector-tls';

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
  const { kubeconfig, leaveDelayMs, shutdownGraceMs } = config;
  const api = await connectKube(kubeconfig === '' ? {} : { kubeconfig });
  const { program, server } = createInjector({ config, host, api, signal });
  try {
    await program.start(signal);
    host.logger.info('started', { webhookPort: server.port, systemNamespace: config.systemNamespace });
    await aborted(signal);
    // unready now; the API server, and the proxies on the way, learn of it a moment later
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
  const { config, host } = parts;
  const registry = createRegistry({ program: 'injector', version: host.version, node: host.nodeVersion });
  const metrics = webhookMetrics(registry);
  const native = nativeSupport(parts, (supported) => metrics.native(supported));
  const certificates = servedSource(parts);
  const { server, events } = webhookServer(parts, { metrics, native, certificates });
  const admin = createAdminServer({
    port: config.adminPort,
    registry,
    checks: checksOf(parts, server, certificates),
    status: () => ({
      program: 'injector',
      version: host.version,
      native: { mode: config.sidecarMode, supported: native.supported() ?? 'unknown' },
      sidecar: injectionOf(config),
      eventsLost: events.lost(),
    }),
  });
  return { program: group('injector', [admin, events, native, certificates, server]), server };
}

interface Joined {
  readonly metrics: ReturnType<typeof webhookMetrics>;
  readonly native: NativeSupport;
  readonly certificates: ServedSource;
}

function webhookServer(
  { config, host, api }: InjectorParts,
  { metrics, native, certificates }: Joined,
): { server: WebhookServer; events: ReturnType<typeof createEventRecorder> } {
  const { systemNamespace: namespace, excludedNamespaces, podName: instance } = config;
  const clock = systemClock;
  const logger = host.logger.child('webhook');
  const events = createEventRecorder({ api, namespace, reporter: REPORTER, instance, clock, logger });
  const injection = { ...injectionOf(config), version: host.version, newHookKey };
  const systemNamespaces = [namespace, ...excludedNamespaces];
  const handle = createWebhook({
    // the selectors of the webhook configuration let only pods come here that are opted in
    transform: (pod, from) =>
      transform(
        pod,
        { namespace: from, namespaceLabel: 'enabled', systemNamespaces },
        { ...injection, native: native.supported() },
      ),
    clock,
    logger,
    metrics,
    record: (event) => events.record(event),
  });
  const refused = (status: number): void => metrics.refused(status);
  return { server: createWebhookServer({ port: config.webhookPort, certificates, handle, refused }), events };
}

/** A mode that is set needs nobody to be asked. */
function nativeSupport(
  { config: { sidecarMode }, host, api }: InjectorParts,
  observe: (supported: boolean | undefined) => void,
): NativeSupport {
  if (sidecarMode === 'auto')
    return createNativeSupport({ api, clock: systemClock, logger: host.logger.child('native'), observe });
  const supported = sidecarMode === 'native';
  observe(supported);
  const nothing = (): Promise<void> => Promise.resolve();
  return { name: 'native support', supported: () => supported, start: nothing, stop: nothing };
}

function servedSource({ config, host: { logger }, api }: InjectorParts): ServedSource {
  const { certificates, systemNamespace: namespace } = config;
  const { tlsCertFile: certFile, tlsKeyFile: keyFile, tlsCaFile: caFile } = config;
  const clock = systemClock;
  return certificates === 'files'
    ? createServedFiles({ certFile, keyFile, caFile, trust: () => undefined, clock, logger })
    : createServedSecret({ api, namespace, name: WEBHOOK_SECRET, clock, logger });
}

function checksOf(
  { signal }: InjectorParts,
  server: WebhookServer,
  certificates: ServedSource,
): ReadinessCheck[] {
  return [
    {
      name: 'listening',
      check: () =>
        server.port > 0 ? { ok: true } : { ok: false, reason: 'the webhook does not listen yet' },
    },
    { name: 'certificate', check: () => checkServed(certificates, systemClock.wallTime()) },
    {
      name: 'not leaving',
      check: () => (signal.aborted ? { ok: false, reason: 'the injector is shutting down' } : { ok: true }),
    },
  ];
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
