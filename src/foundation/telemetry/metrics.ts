import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** What the build info series says. */
export interface BuildInfo {
  /** `sidecar` or `router`. */
  readonly program: string;
  readonly version: string;
  /** The Node version, `v24.0.0`. */
  readonly node?: string;
}

/**
 * A registry of its own, never the global one: with Node's default series and `conveyor_build_info`. Components define
 * their metrics beside themselves, on the registry that they are given.
 */
export function createRegistry({ program, version, node = '' }: BuildInfo): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'conveyor_build_info',
    help: 'Always 1; the labels say which build runs',
    labelNames: ['program', 'version', 'node'],
    registers: [registry],
  }).set({ program, version, node }, 1);
  return registry;
}

/** A metric as a registry describes it. */
export interface MetricDescription {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** What a registry holds, by name. */
export function describeMetrics(registry: Registry): MetricDescription[] {
  const kinds = registry.getMetricsAsArray() as unknown as readonly (Omit<MetricDescription, 'labels'> & {
    readonly labelNames?: readonly string[];
  })[];
  return kinds
    .map(({ name, type, help, labelNames = [] }) => ({ name, type, help, labels: [...labelNames] }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const UNITS = ['seconds', 'bytes', 'records', 'ratio', 'info'];

/**
 * Where names break the grammar `conveyor_<program>_<noun>[_<unit>][_total]`: counters end in `_total` and nothing
 * else does, histograms end in their base unit.
 * @see https://prometheus.io/docs/practices/naming/
 */
export function grammarProblems(registry: Registry): string[] {
  const own = describeMetrics(registry).filter(({ name }) => name.startsWith('conveyor_'));
  return own.flatMap(({ name, type }) => [
    ...(/^conveyor(_[a-z0-9]+)+$/.test(name) ? [] : [`${name}: use lower-case words`]),
    ...((type === 'counter') === name.endsWith('_total')
      ? []
      : [`${name}: counters, and they alone, end in _total`]),
    ...(type !== 'histogram' || UNITS.some((unit) => name.endsWith(`_${unit}`))
      ? []
      : [`${name}: name the unit`]),
    ...(/_(ms|milliseconds|kb|mb|mib|percent)(_total)?$/.test(name) ? [`${name}: use base units`] : []),
  ]);
}

/** A registry's metrics as a Markdown table. */
export function metricsMarkdown(registry: Registry): string {
  const rows = describeMetrics(registry).map(({ name, type, labels, help }) => {
    const labelled = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${labelled} | ${help.replaceAll('|', '\\|')} |`;
  });
  return ['| metric | type | labels | meaning |', '|---|---|---|---|', ...rows, ''].join('\n');
}
