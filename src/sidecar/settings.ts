import { LOG_SETTINGS } from '../foundation/config/log-settings.ts';
import { type ConfigOf, defineConfig, setting } from '../foundation/config/setting.ts';
import {
  atMost,
  hostPort,
  ipAddress,
  list,
  oneOf,
  orOff,
  pairs,
  text,
} from '../foundation/config/text-types.ts';
import {
  bytes,
  duration,
  formatBytes,
  integer,
  MIB,
  port,
  seconds,
} from '../foundation/config/value-type.ts';
import { MAX_LABELS } from './own-pod/labels.ts';
import { OWN_POD_SETTINGS } from './own-pod/settings.ts';
import { LEAVING_SETTINGS } from './leaving/settings.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const GIB = 1_024 * MIB;
// each is probed at each scan
const MAX_SCANNED_PORTS = 1_000;

const printable = /^[\x21-\x7e]{1,253}$/;
const serviceName = text(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'a service name');

const path = text(/^\P{C}{1,4096}$/u, 'a path');

const IDENTITY = {
  sidecarId: setting({
    env: 'SIDECAR_ID',
    group: 'Identity',
    describe: 'unique id of the sidecar',
    type: text(printable, 'up to 253 printable characters without spaces'),
    default: ({ uuid }) => uuid,
    defaultText: 'a new UUID',
  }),
  podName: setting({
    env: 'POD_NAME',
    group: 'Identity',
    describe: 'Kubernetes pod name',
    type: text(printable, 'up to 253 printable characters without spaces'),
    default: 'unknown',
  }),
  namespace: setting({
    env: 'NAMESPACE',
    group: 'Identity',
    describe: 'Kubernetes namespace; pipelines, services and sidecars meet only within one',
    type: text(
      /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
      'a namespace: lower-case letters, digits and dashes, up to 63',
    ),
    default: 'default',
  }),
  podIp: setting({
    env: 'POD_IP',
    group: 'Identity',
    describe: 'address under which other sidecars reach this one',
    type: ipAddress,
    default: '',
    defaultText: 'the local end of the connection to the router',
  }),
  labels: setting({
    env: 'SIDECAR_LABELS',
    flag: 'label',
    group: 'Identity',
    describe: 'labels that pipelines can select this sidecar by',
    type: atMost(
      MAX_LABELS,
      pairs(
        text(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,316}$/, ''),
        text(/^[A-Za-z0-9._-]{0,63}$/, ''),
        'key=value with Kubernetes label syntax',
      ),
    ),
    default: {},
  }),
};

const ROUTER = {
  clusterEndpoints: setting({
    env: 'CLUSTER_ENDPOINT',
    group: 'Router',
    describe: 'router address; several are tried in turn',
    type: list(hostPort),
    default: ['localhost:50051'],
  }),
  routerCaFile: setting({
    env: 'ROUTER_CA_FILE',
    group: 'Router',
    describe: 'authorities (PEM) that the router is known by; with it every address is dialled by TLS',
    type: path,
    default: '',
    defaultText: 'no TLS',
  }),
  routerTokenFile: setting({
    env: 'ROUTER_TOKEN_FILE',
    group: 'Router',
    describe: 'service account token of audience conveyor-router, shown to the router by TLS alone',
    type: path,
    default: '',
    defaultText: 'none',
  }),
  heartbeatIntervalMs: setting({
    env: 'HEARTBEAT_INTERVAL_SECS',
    group: 'Router',
    describe: 'heartbeat period; the router may ask for a shorter one',
    type: seconds({ minMs: 50, maxMs: 10 * MINUTE }),
    default: 5 * SECOND,
  }),
  reregisterIntervalMs: setting({
    env: 'REREGISTER_INTERVAL',
    group: 'Router',
    describe: 'how often to register again with a router that does not push assignments',
    type: duration({ minMs: 50, maxMs: 60 * MINUTE }),
    default: 15 * SECOND,
  }),
  readyWithoutRouterMs: setting({
    env: 'READY_WITHOUT_ROUTER',
    group: 'Router',
    describe: 'report ready after this time even if no router was ever reached',
    type: orOff(duration({ minMs: 0, maxMs: 24 * 60 * MINUTE })),
    default: 'off',
  }),
};

const SERVERS = {
  grpcPort: setting({
    env: 'GRPC_PORT',
    group: 'Servers',
    describe: 'port of the gRPC server that sources and other sidecars push to',
    type: port(0),
    default: 9091,
  }),
  adminPort: setting({
    env: 'ADMIN_PORT',
    group: 'Servers',
    describe: 'port of /metrics, /livez, /readyz, /statusz and /drainz',
    type: port(0),
    default: 9191,
  }),
  pushFrom: setting({
    env: 'PUSH_FROM',
    group: 'Servers',
    describe: 'who may push records: this pod alone, or any address',
    type: oneOf('loopback', 'any'),
    default: 'loopback',
  }),
};

const DISCOVERY = {
  discoveryStartPort: setting({
    env: 'DISCOVERY_START_PORT',
    group: 'Discovery',
    describe: 'first port that is scanned for services',
    type: port(),
    default: 50051,
  }),
  discoveryEndPort: setting({
    env: 'DISCOVERY_END_PORT',
    group: 'Discovery',
    describe: 'last port that is scanned, inclusive',
    type: port(),
    default: 50060,
  }),
  discoveryPorts: setting({
    env: 'DISCOVERY_PORTS',
    flag: 'discovery-port',
    group: 'Discovery',
    describe: 'further ports outside of the range',
    type: list(port()),
    default: [],
  }),
  serviceNames: setting({
    env: 'SERVICE_NAMES',
    flag: 'service-name',
    group: 'Discovery',
    describe: 'name of the service at a port, before every other source of a name',
    type: pairs(port(), serviceName, 'port=name, as in 50052=mask-pii'),
    default: {},
  }),
  discoveryIntervalMs: setting({
    env: 'DISCOVERY_INTERVAL',
    group: 'Discovery',
    describe: 'time between scans when nothing changes; faster at first and after a change',
    type: duration({ minMs: 50, maxMs: 60 * MINUTE }),
    default: 10 * SECOND,
  }),
  discoveryProbeTimeoutMs: setting({
    env: 'DISCOVERY_PROBE_TIMEOUT',
    group: 'Discovery',
    describe: 'longest that the probe of one port may take',
    type: duration({ minMs: 10, maxMs: MINUTE }),
    default: 1_700,
  }),
};

const DEFAULT_BUDGET_BYTES = 64 * MIB;

const DATA_PLANE = {
  byteBudgetBytes: setting({
    env: 'BYTE_BUDGET',
    group: 'Data plane',
    describe: 'record bytes that may be in flight in the process; what is over it waits in the sender',
    type: bytes({ min: MIB, max: 64 * GIB }),
    default: ({ memoryLimitBytes = Infinity }) =>
      Math.max(MIB, Math.min(DEFAULT_BUDGET_BYTES, Math.floor(memoryLimitBytes / 4))),
    defaultText: `a quarter of the container's memory limit, at most ${formatBytes(DEFAULT_BUDGET_BYTES)}`,
  }),
  maxMessageBytes: setting({
    env: 'MAX_MESSAGE_BYTES',
    group: 'Data plane',
    describe: 'largest message that the gRPC server accepts',
    type: bytes({ min: 1_024, max: GIB }),
    default: (_facts, { byteBudgetBytes }) => Math.min(16 * MIB, Math.floor(Number(byteBudgetBytes) / 4)),
    defaultText: '16MiB, or a quarter of the byte budget if that is less',
  }),
  stageMaxMessageBytes: setting({
    env: 'STAGE_MAX_MESSAGE_BYTES',
    group: 'Data plane',
    describe: 'largest message sent to services and other sidecars; larger batches are split',
    type: bytes({ min: 1_024, max: GIB }),
    default: (_facts, { maxMessageBytes }) => Math.min(4 * MIB, Number(maxMessageBytes)),
    defaultText: '4MiB, or the largest accepted message if that is less',
  }),
  batchTimeoutMs: setting({
    env: 'BATCH_TIMEOUT',
    group: 'Data plane',
    describe: 'time that the calls of one batch may take, retries included',
    type: duration({ minMs: 50, maxMs: 60 * MINUTE }),
    default: 30 * SECOND,
  }),
  credits: setting({
    env: 'CREDITS',
    group: 'Data plane',
    describe: 'records that a source may send ahead of their acknowledgements',
    type: integer({ min: 1, max: 10_000_000 }),
    default: 10_000,
  }),
};

/** What tells where services may be. */
export const DISCOVER = defineConfig(
  { ...DISCOVERY, grpcPort: SERVERS.grpcPort, adminPort: SERVERS.adminPort },
  [
    {
      keys: ['discoveryStartPort', 'discoveryEndPort'],
      check: ({ discoveryStartPort, discoveryEndPort }) =>
        discoveryStartPort > discoveryEndPort ? 'the first port must not be above the last' : undefined,
    },
    {
      keys: ['discoveryStartPort', 'discoveryEndPort'],
      check: ({ discoveryStartPort, discoveryEndPort }) =>
        discoveryEndPort - discoveryStartPort >= MAX_SCANNED_PORTS
          ? `the range must not hold more than ${MAX_SCANNED_PORTS} ports`
          : undefined,
    },
    {
      keys: ['grpcPort', 'adminPort'],
      check: ({ grpcPort, adminPort }) =>
        grpcPort === adminPort && grpcPort !== 0 ? 'the two servers need a port each' : undefined,
    },
  ],
);

/** What tells where services may be, deeply frozen. */
export type DiscoverConfig = ConfigOf<typeof DISCOVER.settings>;

/** Everything that can be set of a sidecar; the variables that existing deployments set are fixed. */
export const SIDECAR = defineConfig(
  {
    ...IDENTITY,
    ...ROUTER,
    ...SERVERS,
    ...DISCOVERY,
    ...OWN_POD_SETTINGS,
    ...DATA_PLANE,
    ...LEAVING_SETTINGS,
    ...LOG_SETTINGS,
  },
  [
    ...DISCOVER.rules,
    {
      keys: ['routerTokenFile', 'routerCaFile'],
      check: ({ routerTokenFile, routerCaFile }) =>
        routerTokenFile !== '' && routerCaFile === '' ? 'a token is shown by TLS alone' : undefined,
    },
    {
      keys: ['maxMessageBytes', 'byteBudgetBytes'],
      check: ({ maxMessageBytes, byteBudgetBytes }) =>
        maxMessageBytes > byteBudgetBytes / 4
          ? 'a message must not exceed a quarter of the byte budget'
          : undefined,
    },
    {
      keys: ['stageMaxMessageBytes', 'maxMessageBytes'],
      check: ({ stageMaxMessageBytes, maxMessageBytes }) =>
        stageMaxMessageBytes > maxMessageBytes
          ? 'a sidecar must not send what sidecars do not accept'
          : undefined,
    },
  ],
);

/** The config of a sidecar, deeply frozen. */
export type SidecarConfig = ConfigOf<typeof SIDECAR.settings>;
