import { setting } from '../../foundation/config/setting.ts';
import { hostPort, list, orOff, path } from '../../foundation/config/text-types.ts';
import { duration, seconds } from '../../foundation/config/value-type.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Which router, and how often it is spoken to. */
export const ROUTER_SETTINGS = {
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
