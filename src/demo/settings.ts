import { type ConfigOf, defineConfig, setting } from '../foundation/config/setting.ts';
import { oneOf, text, toggle } from '../foundation/config/text-types.ts';
import { integer, type ValueType } from '../foundation/config/value-type.ts';

const count = integer({ min: 1, max: 1_000_000_000 });

/** How many records; `all` is Infinity. */
const countOrAll: ValueType<number> = {
  allowed: `all, or ${count.allowed}`,
  parse: (value) => (value === 'all' ? Infinity : count.parse(value)),
  format: (value) => (value === Infinity ? 'all' : count.format(value)),
};

/** Everything that can be set of the demo; flags only, because nothing deploys it. */
export const DEMO = defineConfig({
  records: setting({
    flag: 'records',
    group: 'Demo',
    describe: 'how many of the input, from its start; all runs the 3 million flights',
    type: countOrAll,
    default: 300_000,
  }),
  input: setting({
    flag: 'input',
    group: 'Demo',
    describe: 'NDJSON or CSV file with date, delay, distance, origin and destination',
    type: text(/^.+$/s, 'a file'),
    default: '',
    defaultText: '3,000,000 US flights of 2001',
  }),
  chaos: setting({
    flag: 'chaos',
    group: 'Demo',
    describe: 'kill the middle sidecar and the router while it runs, and start them again',
    type: toggle,
    default: false,
  }),
  keepRunning: setting({
    flag: 'keep-running',
    group: 'Demo',
    describe: 'leave everything running after the summary, to look at /metrics and /statusz',
    type: toggle,
    default: false,
  }),
  output: setting({
    flag: 'output',
    group: 'Demo',
    describe: 'summary for people, or as one JSON object',
    type: oneOf('text', 'json'),
    default: 'text',
  }),
});

/** What the demo is asked to do. */
export type DemoConfig = ConfigOf<typeof DEMO.settings>;
