import { Counter, Gauge, type LabelValues, type Registry } from 'prom-client';
import { CollectedHistogram, type Labelled } from './distribution.ts';

/** Gives one combination of labels its value. */
type Show<L extends string> = (labels: LabelValues<L>, value: number) => void;

type AddMetric = <L extends string>(
  name: string,
  help: string,
  labelNames: L[],
  read: (show: Show<L>) => void,
) => void;

/** Adds metrics; `read` shows the values of one at each scrape. What it does not show has no series. */
export interface CollectedMetrics {
  readonly counter: AddMetric;
  readonly gauge: AddMetric;
  readonly histogram: <L extends string>(
    name: string,
    help: string,
    labelNames: L[],
    read: () => readonly Labelled<L>[],
  ) => void;
}

/**
 * Metrics whose values are kept elsewhere and read at each scrape: whoever keeps them pays nothing for it, and what is
 * gone leaves no series behind.
 * @param prefix of their names, as `conveyor_sidecar`.
 */
export function collectedMetrics(registry: Registry, prefix: string): CollectedMetrics {
  const common = <L>(name: string, help: string, labelNames: L[]) => ({
    name: `${prefix}_${name}`,
    help,
    labelNames,
    registers: [registry],
  });
  return {
    counter(name, help, labels, read) {
      new Counter({
        ...common(name, help, labels),
        collect() {
          this.reset();
          read((of, value) => this.inc(of, value));
        },
      });
    },
    gauge(name, help, labels, read) {
      new Gauge({
        ...common(name, help, labels),
        collect() {
          this.reset();
          read((of, value) => this.set(of, value));
        },
      });
    },
    histogram(name, help, labels, read) {
      new CollectedHistogram(common(name, help, labels), read);
    },
  };
}
