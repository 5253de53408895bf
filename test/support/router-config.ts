import { randomUUID } from 'node:crypto';
import { resolveConfig } from '../../src/foundation/config/resolve.ts';
import { ROUTER, type RouterConfig } from '../../src/router/settings.ts';

/** The config of a router with quick heartbeats, at free ports; each setting by its variable. */
export function routerConfig(env: Readonly<Record<string, string>>): RouterConfig {
  const resolved = resolveConfig(ROUTER, {
    env: {
      ...{ ROUTER_PORT: '0', ROUTER_TLS_PORT: '0', ADMIN_PORT: '0', SHUTDOWN_GRACE: '1s' },
      HEARTBEAT_INTERVAL_SECS: '1',
      ...env,
    },
    flags: {},
    facts: { memoryLimitBytes: undefined, terminal: false, uuid: randomUUID() },
  });
  if (!resolved.ok) throw new Error(resolved.problems.map(({ message }) => message).join('\n'));
  return resolved.config;
}
