import { INJECTOR } from '../injector/settings.ts';
import { defineCommand } from './command.ts';
import { hostOf } from './program.ts';

/** `conveyor-sidecar injector`: the admission webhook, until a signal ends it. */
export const injector = defineCommand({
  name: 'injector',
  describe: 'run the admission webhook that gives pods their sidecar',
  schema: INJECTOR,
  examples: [
    ['injector', 'in a cluster'],
    ['injector --kubeconfig ~/.kube/config --webhook-port 9443', 'beside one'],
  ],
  async run({ config, io, notes, signal }) {
    const { runInjector } = await import('../injector/injector.ts');
    return runInjector(config, hostOf(config, io, notes), signal);
  },
});
