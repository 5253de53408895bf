import { ConveyorError } from '../foundation/errors.ts';
import { defineConfig, setting } from '../foundation/config/setting.ts';
import { toggle } from '../foundation/config/text-types.ts';
import { duration, formatMs } from '../foundation/config/value-type.ts';
import { askAdmin } from './admin-client.ts';
import { defineCommand } from './command.ts';
import { ADMIN } from './flags.ts';

/** `conveyor-sidecar drain`: asks the sidecar of this pod to finish what it has, and waits until it did. */
export const drain = defineCommand({
  name: 'drain',
  describe: 'finish what is in flight in the sidecar of this pod',
  schema: defineConfig({
    exit: setting({
      flag: 'exit',
      group: 'Drain',
      describe: 'end the sidecar when it is drained',
      type: toggle,
      default: false,
    }),
    timeoutMs: setting({
      flag: 'timeout',
      group: 'Drain',
      describe: 'how long to wait for the end of it',
      type: duration({ minMs: 1_000, maxMs: 3_600_000 }),
      default: 60_000,
    }),
    ...ADMIN,
  }),
  examples: [
    ['drain', 'finish, take nothing new, keep running'],
    ['drain --exit', 'finish and leave: a preStop hook for images without a shell'],
  ],
  async run({ config: { admin, exit, timeoutMs }, io: { stdout }, signal }) {
    try {
      await askAdmin({ admin, path: `/drainz?exit=${exit}`, method: 'POST', timeoutMs, signal });
    } catch (error) {
      if (ConveyorError.from(error).code !== 'DEADLINE_EXCEEDED') throw error;
      throw new ConveyorError(
        'DEADLINE_EXCEEDED',
        `${admin} has not finished within ${formatMs(timeoutMs)} and goes on by itself; "status" shows what is in flight, --timeout waits longer`,
        { cause: error },
      );
    }
    stdout.write(exit ? 'drained; the sidecar leaves\n' : 'drained\n');
    return 0;
  },
});
