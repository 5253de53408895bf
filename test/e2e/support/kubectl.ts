import type { KubeObject } from '../../../src/foundation/kubernetes/api.ts';
import { output, type OutputOptions } from './processes.ts';

/** kubectl against the cluster of the tests. @throws Error with what it says. */
export function kubectl(args: readonly string[], options?: OutputOptions): Promise<string> {
  return output(process.env['KUBECTL'] ?? 'kubectl', args, options);
}

/** The objects that kubectl finds: `getObjects<Pod>('pods', '--namespace', 'x')`. */
export async function getObjects<T extends KubeObject>(...args: string[]): Promise<readonly T[]> {
  const found = JSON.parse(await kubectl(['get', '--output=json', ...args])) as T | { items: T[] };
  return 'items' in found ? found.items : [found];
}

/** Applies objects as server-side apply does, as the user of the tests. */
export async function apply(objects: readonly KubeObject[], namespace = 'default'): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  await kubectl(['apply', '--server-side', '--namespace', namespace, '--filename=-'], {
    input: JSON.stringify(list),
  });
}

/** Installs a kustomization of manifests/, named by its folder there, as a user would. */
export async function applyFolder(folder: string): Promise<void> {
  await kubectl(['apply', '--server-side', '--kustomize', `manifests/${folder}`], { timeoutMs: 120_000 });
}

/** Until a condition holds, e.g. `condition=Ready` of `pod/x` or `delete`. @throws Error after `timeoutSeconds`. */
export async function until(
  condition: string,
  { namespace, of, timeoutSeconds = 60 }: { namespace: string; of: string; timeoutSeconds?: number },
): Promise<void> {
  const args = ['wait', `--for=${condition}`, `--timeout=${timeoutSeconds}s`, '--namespace', namespace];
  await kubectl([...args, ...of.split(' ')], { timeoutMs: (timeoutSeconds + 10) * 1_000 });
}

/** Until all pods of a workload, e.g. `deployment/x`, are of its last revision and ready. */
export async function rolledOut(workload: string, namespace: string, timeoutSeconds = 120): Promise<void> {
  const args = ['rollout', 'status', workload, '--namespace', namespace, `--timeout=${timeoutSeconds}s`];
  await kubectl(args, { timeoutMs: (timeoutSeconds + 10) * 1_000 });
}

/** What a command in a container prints to stdout; the images have no shell, but Node. */
export function execIn(
  { namespace, pod, container }: { namespace: string; pod: string; container: string },
  ...command: string[]
): Promise<string> {
  return kubectl(['exec', '--namespace', namespace, pod, '--container', container, '--', ...command]);
}
