import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import { getObjects, kubectl } from './kubectl.ts';

const LOG_LINES = 60;

/** What one would look at first where a test has failed: pods, their events, the ends of their logs. */
export async function tellOf(namespace: string): Promise<string> {
  const told = (args: string[]): Promise<string> =>
    kubectl([...args, '--namespace', namespace]).catch((error: unknown) => String(error));
  const parts = [
    await told(['get', 'all', '--output=wide']),
    await told(['get', 'events.events.k8s.io']),
    await told(['describe', 'pods']),
  ];
  const pods = await getObjects<Pod>('pods', '--namespace', namespace).catch(() => []);
  for (const { metadata, spec } of pods) {
    for (const { name } of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]) {
      const log = ['logs', metadata?.name ?? '', '--container', name, `--tail=${LOG_LINES}`];
      parts.push(`--- log of ${metadata?.name ?? ''}/${name}`, await told(log));
      parts.push(
        await told([...log, '--previous']).then((text) =>
          text.startsWith('Error') ? '' : `--- before it restarted\n${text}`,
        ),
      );
    }
  }
  return [`=== namespace ${namespace}`, ...parts.filter((part) => part !== ''), '==='].join('\n');
}
