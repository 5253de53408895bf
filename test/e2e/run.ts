/**
 * Runs the cluster tests and leaves nothing behind: on E2E_KUBECONFIG, else on kind where Docker runs, else on a
 * cluster that test/cluster starts. E2E_KEEP=1 keeps a cluster that was started. Arguments name test files.
 */
import { clusterOfOurs, givenCluster, kindCluster, type Target } from './support/targets.ts';
import { answers, run } from './support/processes.ts';

const files = process.argv.slice(2);
const tests = files.length > 0 ? files : ['test/e2e/*.test.ts'];

function target(): Target {
  const given = process.env['E2E_KUBECONFIG'] ?? '';
  if (given !== '') return givenCluster(given);
  return answers('docker', 'info') && answers('kind', 'version') ? kindCluster() : clusterOfOurs();
}

/** Seconds of each step, for the closing line. */
const took: string[] = [];
async function step<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  const begin = performance.now();
  try {
    return await work();
  } finally {
    took.push(`${name} ${((performance.now() - begin) / 1_000).toFixed(0)} s`);
  }
}

const { name, up, down } = target();
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());
let passed = false;
try {
  const environment = await step(`${name} up`, () => up(stopping.signal));
  const flags = ['--test', '--test-concurrency=1', '--test-reporter=spec', '--test-timeout=600000'];
  await step('tests', () => run(process.execPath, [...flags, ...tests], stopping.signal, environment));
  passed = true;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
} finally {
  if (process.env['E2E_KEEP'] === '1') console.error(`${name} is kept`);
  else await step('down', down);
  console.error(`cluster tests: ${took.join(', ')}`);
}
process.exitCode = passed ? 0 : 1;
