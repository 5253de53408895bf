import { setting } from '../../foundation/config/setting.ts';
import { text } from '../../foundation/config/text-types.ts';
import { duration, type ValueType } from '../../foundation/config/value-type.ts';

const lifecycle = { group: 'Lifecycle' } as const;
const grace = duration({ minMs: 0, maxMs: 3_600_000 });

const orPod: ValueType<number | 'pod'> = {
  allowed: `pod, or ${grace.allowed}`,
  parse: (value) => (value === 'pod' ? 'pod' : grace.parse(value)),
  format: (value) => (value === 'pod' ? 'pod' : grace.format(value)),
};

/** How the sidecar ends. */
export const LEAVING_SETTINGS = {
  shutdownGraceMs: setting({
    ...lifecycle,
    env: 'SHUTDOWN_GRACE',
    describe: 'time from the first sign of the end to the end, where no deletion of the pod says better',
    type: orPod,
    default: 'pod',
    defaultText: "the pod's grace period, 25s where it is not known",
  }),
  hookKey: setting({
    ...lifecycle,
    env: 'HOOK_KEY',
    describe: "what the pod's preStop hooks have at the end of their paths; without it there are none",
    type: text(/^[A-Za-z0-9_-]{16,128}$/, '16 to 128 letters, digits, dashes or underscores'),
    default: '',
    defaultText: 'no hooks',
  }),
  terminationLog: setting({
    ...lifecycle,
    env: 'TERMINATION_LOG',
    describe: 'file for the receipt of the drain, written where it exists',
    type: text(/^\/\P{C}{1,4095}$/u, 'an absolute path'),
    default: '/dev/termination-log',
  }),
};
