/** The ledger's terms, as the metrics name them (semantics, The conservation ledger). */
export const TERMS = [
  'entered',
  'derived',
  'delivered',
  'forwarded',
  'filtered',
  'failed',
  'returned',
  'replaced',
] as const;

/** One sidecar's ledger of one pipeline, in copies of records. */
export interface Ledger extends Readonly<Record<(typeof TERMS)[number], number>> {
  readonly inFlight: number;
  readonly unaccounted: number;
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
function parseSamples(text: string): Sample[] {
  return [...text.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/gm)].map(
    ([, name = '', labels = '', value = '']) => ({
      name,
      value: Number(value),
      labels: Object.fromEntries(
        [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', label = '']) => [key, label]),
      ),
    }),
  );
}

/** The ledger of a pipeline, read from the text of a sidecar's `/metrics`. A series that is not there counts 0. */
export function parseLedger(metrics: string, pipeline: string): Ledger {
  const samples = parseSamples(metrics).filter(({ labels }) => labels['pipeline'] === pipeline);
  const sum = (name: string, state?: string): number =>
    samples
      .filter((sample) => sample.name === name && sample.labels['state'] === state)
      .reduce((total, { value }) => total + value, 0);
  const terms = TERMS.map((term) => [term, sum('conveyor_sidecar_records_total', term)] as const);
  return {
    ...(Object.fromEntries(terms) as Record<(typeof TERMS)[number], number>),
    inFlight: sum('conveyor_sidecar_in_flight_records'),
    unaccounted: sum('conveyor_sidecar_unaccounted_records'),
  };
}
