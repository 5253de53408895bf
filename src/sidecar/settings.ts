import { LOG_SETTINGS } from '../foundation/config/log-settings.ts';
import { type ConfigOf, defineConfig, setting } from '../foundation/config/setting.ts';
import {
  atMost,
  ipAddress,
  namespaceName,
  oneOf,
  pairs,
  text,
  word,
} from '../foundation/config/text-types.ts';
import { port } from '../foundation/config/value-type.ts';
import { ROUTER_SETTINGS } from './cluster-client/settings.ts';
import { DATA_PLANE_SETTINGS } from './data-plane/settings.ts';
import { DISCOVERY_SETTINGS } from './discovery/settings.ts';
import { LEAVING_SETTINGS } from './leaving/settings.ts';
import { MAX_LABELS } from './own-pod/labels/labels.ts';
import { OWN_POD_SETTINGS } from './own-pod/settings.ts';

// each is probed at each scan
const MAX_SCANNED_PORTS = 1_000;

const IDENTITY = {
  sidecarId: setting({
    env: 'SIDECAR_ID',
    group: 'Identity',
    describe: 'unique id of the sidecar',
    type: word,
    default: ({ uuid }) => uuid,
    defaultText: 'a new UUID',
  }),
  podName: setting({
    env: 'POD_NAME',
    group: 'Identity',
    describe: 'Kubernetes pod name',
    type: word,
    default: 'unknown',
  }),
  namespace: setting({
    env: 'NAMESPACE',
    group: 'Identity',
    describe: 'Kubernetes namespace; pipelines, services and sidecars meet only within one',
    type: namespaceName,
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

/** What tells where services may be. */
export const DISCOVER = defineConfig(
  { ...DISCOVERY_SETTINGS, grpcPort: SERVERS.grpcPort, adminPort: SERVERS.adminPort },
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
    ...ROUTER_SETTINGS,
    ...SERVERS,
    ...DISCOVERY_SETTINGS,
    ...OWN_POD_SETTINGS,
    ...DATA_PLANE_SETTINGS,
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
