import { LOG_SETTINGS } from '../foundation/config/log-settings.ts';
import { type ConfigOf, defineConfig, setting } from '../foundation/config/setting.ts';
import { namespaceName, oneOf, path, text, toggle, word } from '../foundation/config/text-types.ts';
import { duration, port, seconds } from '../foundation/config/value-type.ts';
import { KUBE_SETTINGS, PRESENCE_SETTINGS } from '../foundation/kubernetes/settings.ts';

const SERVERS = {
  routerPort: setting({
    env: 'ROUTER_PORT',
    group: 'Servers',
    describe: 'port of the gRPC server that sidecars register with; plain, so no token is taken here',
    type: port(0),
    default: 50051,
  }),
  routerTlsPort: setting({
    env: 'ROUTER_TLS_PORT',
    group: 'Servers',
    describe: 'port of the same server by TLS, where there is a certificate',
    type: port(0),
    default: 50052,
  }),
  tlsCertFile: setting({
    env: 'TLS_CERT_FILE',
    group: 'Servers',
    describe: 'certificate chain (PEM); read again as it changes, and waited for while it is missing',
    type: path,
    default: '',
    defaultText: 'no TLS',
  }),
  tlsKeyFile: setting({
    env: 'TLS_KEY_FILE',
    group: 'Servers',
    describe: 'private key of the certificate (PEM)',
    type: path,
    default: '',
    defaultText: 'no TLS',
  }),
  tlsSecret: setting({
    env: 'TLS_SECRET',
    group: 'Servers',
    describe:
      'Secret of this namespace with the certificate (kubernetes.io/tls), followed as it changes; not files',
    type: text(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, 'the name of a Secret'),
    default: '',
    defaultText: 'none',
  }),
  adminPort: setting({
    env: 'ADMIN_PORT',
    group: 'Servers',
    describe: 'port of /metrics, /livez, /readyz and /statusz',
    type: port(0),
    default: 9192,
  }),
};

const KUBERNETES = {
  kubernetes: setting({
    env: 'KUBERNETES',
    group: 'Kubernetes',
    describe:
      'pipelines from custom resources, one leader of several replicas, tokens; auto: where a cluster is',
    type: oneOf('auto', 'on', 'off'),
    default: (_facts, _above, given) => (given.has('pipelinesDir') ? 'off' : 'auto'),
    defaultText: 'auto, or off where a directory of pipelines is named',
  }),
  ...KUBE_SETTINGS,
  ...PRESENCE_SETTINGS,
  podName: setting({
    env: 'POD_NAME',
    group: 'Kubernetes',
    describe: 'pod of this replica, which gets the label of the leader',
    type: word,
    default: '',
    defaultText: 'none',
  }),
  namespace: setting({
    env: 'NAMESPACE',
    group: 'Kubernetes',
    describe: 'namespace of the replicas and of their Lease',
    type: namespaceName,
    default: 'conveyor-system',
  }),
  sidecarAuth: setting({
    env: 'SIDECAR_AUTH',
    group: 'Kubernetes',
    describe: 'sidecars without a token are refused, or taken where none with one has the place',
    type: oneOf('required', 'optional'),
    default: 'optional',
  }),
  routingConditions: setting({
    env: 'ROUTING_CONDITIONS',
    group: 'Kubernetes',
    describe: 'pods that get the condition conveyor.etl/routing: with such a readiness gate, all, none',
    type: oneOf('gated', 'all', 'off'),
    default: 'gated',
  }),
  podDeletionCost: setting({
    env: 'POD_DELETION_COST',
    group: 'Kubernetes',
    describe: 'write the work in flight as the deletion cost of pods, so that the idle are removed first',
    type: toggle,
    default: false,
  }),
};

/** Everything that can be set of a router. */
export const ROUTER = defineConfig(
  {
    pipelinesDir: setting({
      env: 'PIPELINES_DIR',
      flag: 'pipelines',
      group: 'Pipelines',
      describe: 'directory of pipeline manifests (YAML); it is watched',
      type: path,
      default: 'pipelines',
    }),
    ...SERVERS,
    heartbeatIntervalMs: setting({
      env: 'HEARTBEAT_INTERVAL_SECS',
      group: 'Sidecars',
      describe: 'heartbeat period that sidecars are asked for; a lease is three of them',
      type: seconds({ minMs: 50, maxMs: 600_000 }),
      default: 5_000,
    }),
    ...KUBERNETES,
    shutdownGraceMs: setting({
      env: 'SHUTDOWN_GRACE',
      group: 'Lifecycle',
      describe: 'time from SIGTERM to the end, within which open calls are finished',
      type: duration({ minMs: 0, maxMs: 3_600_000 }),
      default: 5_000,
    }),
    ...LOG_SETTINGS,
  },
  [
    {
      keys: ['routerPort', 'routerTlsPort', 'adminPort'],
      check: ({ routerPort, routerTlsPort, adminPort }) => {
        const given = [routerPort, routerTlsPort, adminPort].filter((each) => each !== 0);
        return new Set(given).size < given.length ? 'the servers need a port each' : undefined;
      },
    },
    {
      keys: ['tlsCertFile', 'tlsKeyFile'],
      check: ({ tlsCertFile, tlsKeyFile }) =>
        (tlsCertFile === '') === (tlsKeyFile === '') ? undefined : 'certificate and key go together',
    },
    {
      keys: ['tlsCertFile', 'tlsSecret'],
      check: ({ tlsCertFile, tlsSecret }) =>
        tlsCertFile === '' || tlsSecret === '' ? undefined : 'one certificate, from files or from a Secret',
    },
  ],
);

/** The config of a router, deeply frozen. */
export type RouterConfig = ConfigOf<typeof ROUTER.settings>;
