import { setting } from '../foundation/config/setting.ts';
import { hostPort, oneOf } from '../foundation/config/text-types.ts';
import { port } from '../foundation/config/value-type.ts';

const outputs = {
  flag: 'output',
  group: 'Output',
  describe: 'a table for people, or JSON for programs',
  type: oneOf('table', 'json'),
} as const;

/** `--output table|json`. */
export const OUTPUT = { output: setting({ ...outputs, default: 'table' }) };

/** Where the admin server of a running program is. In a pod ADMIN_PORT alone says it. */
export const ADMIN = {
  adminPort: setting({
    env: 'ADMIN_PORT',
    group: 'Target',
    describe: 'admin port on this machine',
    type: port(),
    default: 9191,
  }),
  admin: setting({
    flag: 'admin',
    group: 'Target',
    describe: 'admin server of a sidecar or router',
    type: hostPort,
    default: (_facts, { adminPort }) => `127.0.0.1:${Number(adminPort)}`,
    defaultText: 'the admin port on this machine',
  }),
};
