import { SIDECAR } from '../sidecar/settings.ts';
import { defineCommand } from './command.ts';
import { hostOf } from './program.ts';

/** `conveyor-sidecar run`: the sidecar, until a signal ends it. */
export const run = defineCommand({
  name: 'run',
  describe: 'run the sidecar (the default)',
  schema: SIDECAR,
  examples: [
    ['', 'run with what the environment says'],
    ['run --cluster-endpoint router:50051 --log-format pretty', 'flags win over variables'],
    ['run --service-name 50052=mask-pii', 'name the service at a port'],
  ],
  async run({ config, io, notes, signal }) {
    const { runSidecar } = await import('../sidecar/sidecar.ts');
    return runSidecar(config, hostOf(config, io, notes), signal);
  },
});
