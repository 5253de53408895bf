import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IMAGES } from './images.ts';
import { output, run } from './processes.ts';

const root = join(import.meta.dirname, '../../..');
const OURS = join(root, 'test/cluster/cluster');

/** Where the tests run. */
export interface Target {
  readonly name: string;
  /** Until its nodes are Ready and have the images. @returns what the tests find in their environment. */
  readonly up: (signal: AbortSignal) => Promise<Record<string, string>>;
  /** Ends whatever `up` has started. */
  readonly down: () => Promise<void>;
}

/** An existing cluster, whose nodes have the images already, or that can pull them; it stays. */
export function givenCluster(kubeconfig: string): Target {
  return {
    name: 'given cluster',
    up: () => Promise.resolve({ KUBECONFIG: kubeconfig, KUBECTL: process.env['KUBECTL'] ?? 'kubectl' }),
    down: () => Promise.resolve(),
  };
}

/** Each may stand on those before it. */
const DOCKERFILES = {
  [IMAGES.sidecar]: 'Dockerfile',
  [IMAGES.examples]: 'examples/Dockerfile',
  [IMAGES.apps]: 'test/e2e/apps/Dockerfile',
};
/** As manifests/prometheus names it. */
const PROMETHEUS = 'prom/prometheus:v3.16.0';

/** Two nodes in Docker. */
export function kindCluster(): Target {
  const folder = mkdtempSync(join(tmpdir(), 'conveyor-e2e-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const named = ['--name', 'conveyor-e2e'];
  return {
    name: 'kind',
    up: async (signal) => {
      const config = join(import.meta.dirname, 'kind.yaml');
      const create = [
        'create',
        'cluster',
        ...named,
        '--config',
        config,
        '--kubeconfig',
        kubeconfig,
        '--wait',
        '3m',
      ];
      await run('kind', create, signal);
      for (const [tag, dockerfile] of Object.entries(DOCKERFILES)) {
        await run('docker', ['build', '--tag', tag, '--file', join(root, dockerfile), root], signal);
      }
      await run('docker', ['pull', PROMETHEUS], signal);
      await run('docker', ['tag', PROMETHEUS, IMAGES.prometheus], signal);
      for (const tag of Object.values(IMAGES))
        await run('kind', ['load', 'docker-image', tag, ...named], signal);
      return { KUBECONFIG: kubeconfig, KUBECTL: 'kubectl' };
    },
    down: async () => {
      await run('kind', ['delete', 'cluster', ...named, '--kubeconfig', kubeconfig]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Two nodes of test/cluster: root, Go and Debian's packages are all that it needs. */
export function clusterOfOurs(): Target {
  const cluster = (...args: string[]): Promise<string> =>
    output(OURS, args, {
      showErrors: true,
      timeoutMs: 40 * 60_000,
      environment: { E2E_CLUSTER_NODES: process.env['E2E_CLUSTER_NODES'] ?? '2' },
    });
  return {
    name: 'cluster',
    up: async () => {
      const kubeconfig = (await cluster('up')).trim();
      const archives = (await cluster('image', 'sidecar', 'examples', 'apps', 'prometheus')).trim();
      await cluster('load', ...archives.split('\n'));
      const kubectl = (await cluster('which', 'kubectl')).trim();
      return { KUBECONFIG: kubeconfig, KUBECTL: kubectl, E2E_CLUSTER: OURS };
    },
    down: async () => {
      await cluster('down');
    },
  };
}
