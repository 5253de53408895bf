import { setTimeout as delay } from 'node:timers/promises';
import { defineConfig, setting } from '../foundation/config/setting.ts';
import { toggle } from '../foundation/config/text-types.ts';
import { duration } from '../foundation/config/value-type.ts';
import { askAdmin } from './admin-client.ts';
import { defineCommand, type Invocation } from './command.ts';
import { ADMIN, OUTPUT } from './flags.ts';
import { renderStatus } from './render-status.ts';

const STATUS = defineConfig({
  ...OUTPUT,
  watch: setting({
    flag: 'watch',
    group: 'Output',
    describe: 'show it again and again until interrupted',
    type: toggle,
    default: false,
  }),
  intervalMs: setting({
    flag: 'interval',
    group: 'Output',
    describe: 'time between two looks with --watch',
    type: duration({ minMs: 100, maxMs: 3_600_000 }),
    default: 2_000,
  }),
  ...ADMIN,
});

const ANSWER_TIMEOUT_MS = 5_000;
const CLEAR = '\u001b[2J\u001b[H';

/** `conveyor-sidecar status`: what a running sidecar or router does. */
export const status = defineCommand({
  name: 'status',
  describe: 'show what a running sidecar or router does',
  schema: STATUS,
  examples: [
    ['status', 'the sidecar of this pod'],
    ['status --admin localhost:9192 --watch', 'a router, again and again'],
    ['status --output json', 'all of it, for programs'],
  ],
  async run(invocation) {
    const { config, signal } = invocation;
    await show(invocation);
    while (config.watch && (await waited(config.intervalMs, signal))) await show(invocation);
    return 0;
  },
});

/** Whether the whole time has passed. */
const waited = (ms: number, signal: AbortSignal): Promise<boolean> =>
  delay(ms, true, { signal }).catch(() => false);

async function show({ config, io: { stdout }, signal }: Invocation<typeof STATUS.settings>): Promise<void> {
  const { admin, output, watch } = config;
  const found = await askAdmin({
    admin,
    path: '/statusz',
    method: 'GET',
    timeoutMs: ANSWER_TIMEOUT_MS,
    signal,
  });
  if (output === 'json') stdout.write(jsonOf(found, watch));
  else if (watch)
    stdout.write(stdout.isTTY === true ? `${CLEAR}${renderStatus(found)}` : `${renderStatus(found)}\n`);
  else stdout.write(renderStatus(found));
}

const jsonOf = (found: unknown, oneLine: boolean): string =>
  `${JSON.stringify(found, undefined, oneLine ? 0 : 2)}\n`;
