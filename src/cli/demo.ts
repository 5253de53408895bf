import { DEMO } from '../demo/settings.ts';
import { defineCommand } from './command.ts';

/** `conveyor-sidecar demo`: real processes and real data on this machine. */
export const demo = defineCommand({
  name: 'demo',
  describe: 'run a router, three sidecars and a pipeline on real data',
  schema: DEMO,
  examples: [
    ['demo', '300,000 flights, then a summary that adds up'],
    ['demo --records all --chaos', '3 million, with killed processes on the way'],
    ['demo --input my.ndjson --keep-running', 'your own records; look around afterwards'],
  ],
  async run({ config, io, signal }) {
    const { runDemo } = await import('../demo/demo.ts');
    return runDemo(config, io, signal);
  },
});
