import { ROUTER } from '../router/settings.ts';
import { defineCommand } from './command.ts';
import { hostOf } from './program.ts';

/** `conveyor-sidecar router`: the control plane, until a signal ends it. */
export const router = defineCommand({
  name: 'router',
  describe: 'run a router, the control plane of sidecars',
  schema: ROUTER,
  examples: [
    ['router --pipelines ./pipelines', 'serve the manifests of a directory'],
    ['router --pipelines . --router-port 7000', 'listen on another port'],
  ],
  async run({ config, io, notes, signal }) {
    const { runRouter } = await import('../router/router.ts');
    return runRouter(config, hostOf(config, io, notes), signal);
  },
});
