import { defineConfig } from '../foundation/config/setting.ts';
import { defineCommand } from './command.ts';
import { OUTPUT } from './flags.ts';

/** `conveyor-sidecar version`. */
export const version = defineCommand({
  name: 'version',
  describe: 'print the version',
  schema: defineConfig(OUTPUT),
  examples: [['version --output json', 'for programs']],
  run({ config, io }) {
    const { version, nodeVersion: node, stdout } = io;
    stdout.write(
      config.output === 'json'
        ? `${JSON.stringify({ version, node })}\n`
        : `conveyor-sidecar ${version} (Node ${node})\n`,
    );
    return Promise.resolve(0);
  },
});
