import { LOG_SETTINGS } from '../foundation/config/log-settings.ts';
import { type ConfigOf, defineConfig, setting } from '../foundation/config/setting.ts';
import { hostPort, list, namespaceName, oneOf, text, toggle, word } from '../foundation/config/text-types.ts';
import { duration, port } from '../foundation/config/value-type.ts';
import { KUBE_SETTINGS } from '../foundation/kubernetes/settings.ts';
import { CERTIFICATES } from './certificates/settings.ts';
import type { InjectionContext } from './injection/transform.ts';
import { quantity } from './injection/quantity.ts';

const systemNamespace = {
  group: 'Kubernetes',
  describe: 'namespace of router and injector; never injected',
  type: namespaceName,
  default: 'conveyor-system',
} as const;

const SIDECAR_DEFAULTS = {
  sidecarImage: setting({
    env: 'SIDECAR_IMAGE',
    group: 'Sidecar',
    describe: 'image of the sidecar',
    type: text(/^[a-zA-Z0-9][\w.:/@-]{0,510}$/, 'the name of an image'),
    default: 'conveyor-sidecar:dev',
  }),
  sidecarImagePullPolicy: setting({
    env: 'SIDECAR_IMAGE_PULL_POLICY',
    group: 'Sidecar',
    describe: 'when the image is pulled',
    type: oneOf('Always', 'IfNotPresent', 'Never'),
    default: 'IfNotPresent',
  }),
  sidecarMode: setting({
    env: 'SIDECAR_MODE',
    group: 'Sidecar',
    describe: 'native (an init container that stays) or a plain container; auto: native where every node can',
    type: oneOf('auto', 'native', 'container'),
    default: 'auto',
  }),
  sidecarGrpcPort: setting({
    env: 'SIDECAR_GRPC_PORT',
    group: 'Sidecar',
    describe: 'where the sidecar takes records',
    type: port(),
    default: 9091,
  }),
  sidecarAdminPort: setting({
    env: 'SIDECAR_ADMIN_PORT',
    group: 'Sidecar',
    describe: 'where the sidecar serves probes, hooks and metrics',
    type: port(),
    default: 9191,
  }),
  sidecarLogLevel: setting({
    env: 'SIDECAR_LOG_LEVEL',
    group: 'Sidecar',
    describe: 'least severity that the sidecar logs',
    type: oneOf('error', 'warn', 'info', 'debug'),
    default: 'info',
  }),
  sidecarCpuRequest: setting({
    env: 'SIDECAR_CPU_REQUEST',
    group: 'Sidecar',
    describe: 'CPU that the sidecar asks for',
    type: quantity,
    default: '50m',
  }),
  sidecarCpuLimit: setting({
    env: 'SIDECAR_CPU_LIMIT',
    group: 'Sidecar',
    describe: 'CPU that the sidecar may use',
    type: quantity,
    default: '',
    defaultText: 'no limit',
  }),
  sidecarMemoryRequest: setting({
    env: 'SIDECAR_MEMORY_REQUEST',
    group: 'Sidecar',
    describe: 'memory that the sidecar asks for',
    type: quantity,
    default: '128Mi',
  }),
  sidecarMemoryLimit: setting({
    env: 'SIDECAR_MEMORY_LIMIT',
    group: 'Sidecar',
    describe: 'memory that the sidecar may use; a quarter of it is its byte budget',
    type: quantity,
    default: '256Mi',
  }),
  routerEndpoint: setting({
    env: 'ROUTER_ENDPOINT',
    group: 'Sidecar',
    describe: 'router that sidecars register with, by TLS',
    type: hostPort,
    default: (_facts, { systemNamespace: home }) => `conveyor-router.${String(home)}:50052`,
    defaultText: '`conveyor-router.<system namespace>:50052`',
  }),
  scrapeAnnotations: setting({
    env: 'SCRAPE_ANNOTATIONS',
    group: 'Sidecar',
    describe: 'annotate pods for Prometheus (prometheus.io/…) that declare no scrape of their own',
    type: toggle,
    default: true,
  }),
};

const samePorts = {
  keys: ['sidecarGrpcPort', 'sidecarAdminPort'],
  check: ({ sidecarGrpcPort, sidecarAdminPort }: { sidecarGrpcPort: number; sidecarAdminPort: number }) =>
    sidecarGrpcPort === sidecarAdminPort ? 'the two servers need a port each' : undefined,
} as const;

/** What pods on files are injected with. */
export const INJECT = defineConfig(
  {
    systemNamespace: setting({ flag: 'system-namespace', ...systemNamespace }),
    ...SIDECAR_DEFAULTS,
  },
  [samePorts],
);

/** Settings of an injection. */
export type InjectConfig = ConfigOf<typeof INJECT.settings>;

/** Everything that can be set of an injector. */
export const INJECTOR = defineConfig(
  {
    systemNamespace: setting({ env: 'NAMESPACE', flag: 'system-namespace', ...systemNamespace }),
    podName: setting({
      env: 'POD_NAME',
      group: 'Kubernetes',
      describe: 'name of this pod',
      type: word,
      default: ({ uuid }) => uuid,
      defaultText: 'a new UUID',
    }),
    ...KUBE_SETTINGS,
    excludedNamespaces: setting({
      env: 'EXCLUDED_NAMESPACES',
      group: 'Kubernetes',
      describe: 'further namespaces that are never injected',
      type: list(namespaceName),
      default: [],
    }),
    webhookPort: setting({
      env: 'WEBHOOK_PORT',
      group: 'Servers',
      describe: 'port of the HTTPS server that the API server calls',
      type: port(0),
      default: 8443,
    }),
    adminPort: setting({
      env: 'ADMIN_PORT',
      group: 'Servers',
      describe: 'port of /metrics, /livez, /readyz and /statusz',
      type: port(0),
      default: 9193,
    }),
    ...SIDECAR_DEFAULTS,
    ...CERTIFICATES,
    leaveDelayMs: setting({
      env: 'LEAVE_DELAY',
      group: 'Lifecycle',
      describe: 'time from SIGTERM, unready, for which reviews are still answered: until no more come here',
      type: duration({ minMs: 0, maxMs: 60_000 }),
      default: 5_000,
    }),
    shutdownGraceMs: setting({
      env: 'SHUTDOWN_GRACE',
      group: 'Lifecycle',
      describe: 'time after that for reviews that are under way',
      type: duration({ minMs: 0, maxMs: 60_000 }),
      default: 5_000,
    }),
    ...LOG_SETTINGS,
  },
  [samePorts],
);

/** The config of an injector, deeply frozen. */
export type InjectorConfig = ConfigOf<typeof INJECTOR.settings>;

/** Namespaces that are never injected: those of Kubernetes, our own, and what is set. */
export function systemNamespacesOf({
  systemNamespace: own,
  excludedNamespaces,
}: Pick<InjectorConfig, 'systemNamespace' | 'excludedNamespaces'>): string[] {
  return ['kube-system', 'kube-public', 'kube-node-lease', own, ...excludedNamespaces];
}

/** What settings say of how pods are injected. */
export function injectionOf(
  config: InjectConfig,
): Pick<InjectionContext, 'defaults' | 'routerEndpoint' | 'scrape'> {
  return {
    defaults: {
      image: config.sidecarImage,
      imagePullPolicy: config.sidecarImagePullPolicy,
      grpcPort: config.sidecarGrpcPort,
      adminPort: config.sidecarAdminPort,
      logLevel: config.sidecarLogLevel,
      cpuRequest: config.sidecarCpuRequest,
      cpuLimit: config.sidecarCpuLimit,
      memoryRequest: config.sidecarMemoryRequest,
      memoryLimit: config.sidecarMemoryLimit,
    },
    routerEndpoint: config.routerEndpoint,
    scrape: config.scrapeAnnotations,
  };
}
