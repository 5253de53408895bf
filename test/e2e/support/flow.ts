/** A pipeline of the applications in test/e2e/apps, with the ledger as its ground truth. */
import assert from 'node:assert/strict';
import type { Deployment } from 'kubernetes-types/apps/v1.d.ts';
import type { Container, Pod, PodSpec } from 'kubernetes-types/core/v1.d.ts';
import type { KubeObject } from '../../../src/foundation/kubernetes/api.ts';
import { eventually } from './eventually.ts';
import { IMAGES } from './images.ts';
import { apply, getObjects, kubectl, rolledOut } from './kubectl.ts';
import { pod, variables } from './pods.ts';

/** What the ledger adds up. Ids are `<source>@<process>/<partition>/<sequence>`. */
export interface Report {
  readonly written: number;
  readonly acknowledged: number;
  readonly filtered: number;
  /** Acknowledged, not filtered, and not written. */
  readonly lost: number;
  readonly lostSample: readonly string[];
  /** Written more than once. */
  readonly repeated: number;
  readonly repeatedSample: readonly string[];
  /** Records that each source that has ended had pushed. */
  readonly pushed: Readonly<Record<string, number>>;
  readonly acknowledgedBySource: Readonly<Record<string, number>>;
  readonly lastAcknowledgedAt: Readonly<Record<string, number>>;
  /** [second since 1970, records]. */
  readonly writtenAt: readonly (readonly [number, number])[];
}

/** How an application is deployed. */
export interface AppOptions {
  readonly replicas?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly container?: Partial<Container>;
  readonly spec?: Partial<PodSpec>;
}

const PORT = 50_051;

/** The pod of an application: `source`, `transform`, `sink` or `ledger`. */
export function appPod(
  app: string,
  { env = {}, labels = {}, annotations = {}, container = {}, spec = {} }: AppOptions,
): Pod {
  const serves = app === 'transform' || app === 'sink';
  const made = pod(
    app,
    [
      {
        name: app,
        image: IMAGES.apps,
        args: [`test/e2e/apps/${app}.ts`],
        env: variables({ ...(serves ? { PORT: String(PORT) } : {}), ...env }),
        ...(serves ? { ports: [{ containerPort: PORT }] } : {}),
        resources: { requests: { cpu: '20m', memory: '64Mi' } },
        ...container,
      },
    ],
    { terminationGracePeriodSeconds: 30, ...spec },
  );
  return {
    ...made,
    metadata: { ...made.metadata, labels: { ...made.metadata?.labels, ...labels }, annotations },
  };
}

/** The Deployment of an application. */
export function deployment(app: string, options: AppOptions = {}): Deployment {
  const { metadata, spec } = appPod(app, options);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: app },
    spec: {
      replicas: options.replicas ?? 1,
      selector: { matchLabels: { 'app.kubernetes.io/name': app } },
      template: { ...(metadata && { metadata }), ...(spec && { spec }) },
    },
  };
}

/** The ledger with its Service; never injected. */
function ledger(options: AppOptions): KubeObject[] {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'ledger' },
    spec: {
      selector: { 'app.kubernetes.io/name': 'ledger' },
      ports: [{ port: 8_080 }],
      // after an outage of the API server nodes are taken to be gone for some seconds, and the pods on them with them
      publishNotReadyAddresses: true,
    },
  };
  return [deployment('ledger', { ...options, labels: { 'conveyor.etl/inject': 'disabled' } }), service];
}

/** source -> transform -> sink. */
export const PIPELINE = {
  apiVersion: 'conveyor.etl/v1',
  kind: 'Pipeline',
  metadata: { name: 'numbers' },
  spec: { source: 'source', steps: ['transform'], sink: 'sink' },
};

/** What runs in a namespace, and what its ledger says. */
export class Flow {
  readonly namespace: string;

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  /** Ledger, pipeline and the given workloads, until those that serve are rolled out. */
  async start(workloads: readonly Deployment[], ledgerOptions: AppOptions = {}): Promise<void> {
    await apply(ledger(ledgerOptions), this.namespace);
    await rolledOut('deployment/ledger', this.namespace);
    await apply([PIPELINE, ...workloads], this.namespace);
    for (const { metadata } of workloads)
      await rolledOut(`deployment/${metadata?.name ?? ''}`, this.namespace, 180);
  }

  /** What the ledger has heard so far, as soon as there is a way to it. */
  report(): Promise<Report> {
    return eventually(
      async () => JSON.parse(await kubectl(['get', '--raw', this.#ledger('report')])) as Report,
    );
  }

  /** Forgets all that the ledger has heard. */
  async reset(): Promise<void> {
    const args = ['create', '--raw', this.#ledger('reset'), '--filename=-'];
    await eventually(() => kubectl(args, { input: '{}' }));
  }

  /** By the API server: that alone is reached from outside. */
  #ledger(path: string): string {
    return `/api/v1/namespaces/${this.namespace}/services/ledger:8080/proxy/${path}`;
  }

  /** Until so many more records than now are written: they flow. */
  async flows(records = 500, withinMs = 60_000): Promise<Report> {
    const { written } = await this.report();
    return eventually(async () => {
      const report = await this.report();
      assert.ok(
        report.written >= written + records,
        `${report.written - written} of ${records} records written`,
      );
      return report;
    }, withinMs);
  }

  /** The pods of an application, without those that are on their way out. */
  async pods(app: string): Promise<readonly Pod[]> {
    const selected = `--selector=app.kubernetes.io/name=${app}`;
    const found = await getObjects<Pod>('pods', '--namespace', this.namespace, selected);
    return found.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  }

  /**
   * Has the sources end, and holds what the sink got against what they were told: every record that a source was told
   * is done is written, and every record that a source pushed before it ended well was acknowledged.
   */
  async settle(): Promise<Report> {
    await kubectl(['scale', 'deployment/source', '--replicas=0', '--namespace', this.namespace]);
    await kubectl(
      [
        'wait',
        '--for=delete',
        'pod',
        '--selector=app.kubernetes.io/name=source',
        '--timeout=90s',
        '--namespace',
        this.namespace,
      ],
      { timeoutMs: 100_000 },
    );
    const report = await this.report();
    assert.equal(report.lost, 0, `acknowledged and never written: ${report.lostSample.join(' ')}`);
    for (const [source, pushed] of Object.entries(report.pushed))
      assert.equal(
        report.acknowledgedBySource[source],
        pushed,
        `${source} ended with records that are not acknowledged`,
      );
    return report;
  }
}

/** Seconds from one moment to another in which nothing was written, at most in a row. */
export function longestPause({ writtenAt }: Report, fromMs: number, toMs: number): number {
  const seconds = new Set(writtenAt.map(([second]) => second));
  let longest = 0;
  let pause = 0;
  for (let second = Math.ceil(fromMs / 1_000); second < Math.floor(toMs / 1_000); second++) {
    pause = seconds.has(second) ? 0 : pause + 1;
    longest = Math.max(longest, pause);
  }
  return longest;
}
