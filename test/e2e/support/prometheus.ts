import { before } from 'node:test';
import { readFileSync } from 'node:fs';
import { SYSTEM } from './conveyor.ts';
import { kubectl, rolledOut } from './kubectl.ts';
import { IMAGES } from './images.ts';

/** One series of an answer. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** A real Prometheus in the cluster, with the shipped configuration. */
export interface Prometheus {
  query(expression: string): Promise<readonly Series[]>;
  /** @throws Error with what promtool says. */
  checkRules(): Promise<void>;
  /** What `promtool check metrics` complains of, without what prom-client's own series are called. */
  checkMetrics(text: string): Promise<readonly string[]>;
}

/** Installs it before the first test of a file. */
export function usePrometheus(): Prometheus {
  before(async () => {
    const objects = await kubectl(['kustomize', 'manifests/prometheus']);
    // the image that is there; and scrapes that a test need not wait for
    const ours = objects
      .replace(/image: prom\/prometheus:.*/, `image: ${IMAGES.prometheus}`)
      .replaceAll(/(scrape|evaluation)_interval: \d+s/g, '$1_interval: 2s');
    await kubectl(['apply', '--server-side', '--filename=-'], { input: ours });
    await rolledOut('deployment/prometheus', SYSTEM);
  });
  const promtool = (args: readonly string[], input: string): Promise<string> =>
    kubectl(
      ['exec', '--stdin', '--namespace', SYSTEM, 'deployment/prometheus', '--', '/bin/promtool', ...args],
      { input },
    );
  return {
    async query(expression) {
      const path = `/api/v1/namespaces/${SYSTEM}/services/prometheus:9090/proxy/api/v1/query?query=${encodeURIComponent(expression)}`;
      const { data } = JSON.parse(await kubectl(['get', '--raw', path])) as { data: { result: Series[] } };
      return data.result;
    },
    async checkRules() {
      await promtool(['check', 'config', '/etc/conveyor/prometheus.yml'], '');
      await promtool(
        ['check', 'rules', '/etc/conveyor/rules.yml'],
        readFileSync('manifests/prometheus/rules.yml', 'utf8'),
      );
    },
    async checkMetrics(text) {
      const said = await promtool(['check', 'metrics'], text).catch((error: unknown) => String(error));
      return said
        .split('\n')
        .filter(
          (line) =>
            /^[a-z_]+ /.test(line) && !/^nodejs_active_\w+_total /.test(line) && !line.startsWith('command '),
        );
    },
  };
}
