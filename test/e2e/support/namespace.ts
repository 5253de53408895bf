import { randomBytes } from 'node:crypto';
import { after, afterEach, before } from 'node:test';
import { kubectl } from './kubectl.ts';
import { tellOf } from './tell-of.ts';

/** A namespace of a test file's own. */
export interface TestNamespace {
  readonly name: string;
}

/**
 * Gives a test file a namespace, under Pod Security `restricted`, from before its first test until after its last.
 * When a test fails, what is in it is printed: pods, events, logs. Call it within `describe`.
 */
export function useNamespace(labels: Readonly<Record<string, string>> = {}): TestNamespace {
  const name = `e2e-${randomBytes(3).toString('hex')}`;
  const all = { 'pod-security.kubernetes.io/enforce': 'restricted', 'conveyor.test/e2e': 'true', ...labels };
  before(async () => {
    await kubectl(['create', 'namespace', name]);
    await kubectl([
      'label',
      'namespace',
      name,
      ...Object.entries(all).map(([key, value]) => `${key}=${value}`),
    ]);
    // pods are refused until a controller has made it
    await kubectl(['wait', '--for=create', 'serviceaccount/default', '--namespace', name, '--timeout=30s']);
  });
  let told = false;
  afterEach(async (context) => {
    // the first failure says most
    if (told || !('passed' in context) || context.passed) return;
    told = true;
    console.error(await tellOf(name));
  });
  after(() => kubectl(['delete', 'namespace', name, '--wait=false', '--ignore-not-found']));
  return { name };
}
