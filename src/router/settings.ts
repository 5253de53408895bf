import { LOG_SETTINGS } from '../foundation/config/log-settings.ts';
import { defineConfig, setting } from '../foundation/config/setting.ts';
import { text } from '../foundation/config/text-types.ts';
import { duration, port, seconds } from '../foundation/config/value-type.ts';

/** Everything that can be set of a router. */
export const ROUTER = defineConfig(
  {
    pipelinesDir: setting({
      env: 'PIPELINES_DIR',
      flag: 'pipelines',
      group: 'Pipelines',
      describe: 'directory of pipeline manifests (YAML); it is watched',
      type: text(/^.+$/s, 'a directory'),
      default: 'pipelines',
    }),
    routerPort: setting({
      env: 'ROUTER_PORT',
      group: 'Servers',
      describe: 'port of the gRPC server that sidecars register with',
      type: port(0),
      default: 50051,
    }),
    adminPort: setting({
      env: 'ADMIN_PORT',
      group: 'Servers',
      describe: 'port of /metrics, /livez, /readyz and /statusz',
      type: port(0),
      default: 9192,
    }),
    heartbeatIntervalMs: setting({
      env: 'HEARTBEAT_INTERVAL_SECS',
      group: 'Sidecars',
      describe: 'heartbeat period that sidecars are asked for; a lease is three of them',
      type: seconds({ minMs: 50, maxMs: 600_000 }),
      default: 5_000,
    }),
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
      keys: ['routerPort', 'adminPort'],
      check: ({ routerPort, adminPort }) =>
        routerPort === adminPort && routerPort !== 0 ? 'the two servers need a port each' : undefined,
    },
  ],
);
