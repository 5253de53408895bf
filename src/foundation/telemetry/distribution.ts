import { Histogram, type LabelValues, type Registry } from 'prom-client';

/** Values counted by size, in plain numbers: what a histogram shows of one combination of labels. */
export class Distribution {
  /** Upper bounds of the buckets, ascending. */
  readonly bounds: readonly number[];
  /** Values by the first bound that they are not above; the last count is of those above all. */
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = [...bounds, Infinity].map(() => 0);
  }

  observe(value: number): void {
    const bucket = this.bounds.findIndex((bound) => value <= bound);
    const at = bucket < 0 ? this.bounds.length : bucket;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.sum += value;
  }
}

/** How a collected histogram is described. */
export interface CollectedConfiguration<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: L[];
  readonly registers: Registry[];
}

/** The values of one combination of labels. */
export interface Labelled<L extends string> {
  readonly labels: LabelValues<L>;
  readonly distribution: Distribution;
}

/**
 * A histogram of distributions that are kept elsewhere and read at each scrape, as `collect` does it for counters and
 * gauges. What prom-client keeps itself is looked up by its labels at each value, which is dear on the way of a record.
 */
export class CollectedHistogram<L extends string> extends Histogram<L> {
  readonly #configuration: CollectedConfiguration<L>;
  readonly #read: () => readonly Labelled<L>[];

  constructor(configuration: CollectedConfiguration<L>, read: () => readonly Labelled<L>[]) {
    super(configuration);
    this.#configuration = configuration;
    this.#read = read;
  }

  /** What prom-client reads of a histogram at a scrape, and builds `get` upon; its declarations leave it out. */
  getForPromString(): Promise<object> {
    const { name, help } = this.#configuration;
    const values = this.#read().flatMap((each) => valuesOf(name, each));
    return Promise.resolve({ name, help, type: 'histogram', aggregator: 'sum', values });
  }
}

function valuesOf(name: string, { labels, distribution }: Labelled<string>): object[] {
  const { bounds, counts, sum } = distribution;
  let count = 0;
  const buckets = [...bounds, '+Inf'].map((le, at) => {
    count += counts[at] ?? 0;
    return { metricName: `${name}_bucket`, labels: { le }, sharedLabels: labels, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: {}, sharedLabels: labels, value: sum },
    { metricName: `${name}_count`, labels: {}, sharedLabels: labels, value: count },
  ];
}
