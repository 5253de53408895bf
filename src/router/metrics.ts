import { Counter, Gauge, type Registry } from 'prom-client';
import type { ControlPlaneEvent } from './control-plane.ts';

/** What the gauges show at the moment of a scrape. */
export interface RouterFigures {
  readonly sidecars: Readonly<Record<'registered' | 'draining' | 'overdue' | 'watching', number>>;
  readonly pipelines: Readonly<Record<'enabled' | 'disabled', number>>;
  readonly conditions: readonly { readonly pipeline: string; readonly type: string }[];
  readonly problems: Readonly<Record<'error' | 'warning', number>>;
  readonly settling: boolean;
  readonly massLapse: boolean;
}

/** The router's metrics. */
export interface RouterMetrics {
  /** Counts what happened. */
  observe(event: ControlPlaneEvent): void;
  /** Sets where the gauges read. */
  follow(read: () => RouterFigures): void;
}

/** Metrics of the router on a registry. Series by pipeline are those of pipelines that exist. */
export function routerMetrics(registry: Registry): RouterMetrics {
  let read: (() => RouterFigures) | undefined;
  gauges(registry, () => read?.());
  const events = counters(registry);
  return {
    observe: (event) => events[event](),
    follow(source) {
      read = source;
    },
  };
}

/** What a scrape shows of this replica by itself. */
export interface ReplicaFigures {
  readonly leading: boolean;
  /** When the certificate ends, in milliseconds since 1970; undefined: there is none. */
  readonly certificateEndsMs: number | undefined;
}

/** Metrics of one router beside others. */
export function replicaMetrics(registry: Registry, read: () => ReplicaFigures): void {
  const gauge = (name: string, help: string, value: (figures: ReplicaFigures) => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value(read()));
      },
    });
  };
  gauge('conveyor_router_leader', '1 while this replica leads', ({ leading }) => Number(leading));
  gauge(
    'conveyor_router_certificate_expiry_seconds',
    'When the certificate ends, in seconds since 1970; 0 without one',
    ({ certificateEndsMs = 0 }) => certificateEndsMs / 1_000,
  );
}

function counters(registry: Registry): Record<ControlPlaneEvent, () => void> {
  const registers = [registry];
  const labelNames = ['outcome'] as const;
  const counter = (name: string, help: string): Counter => new Counter({ name, help, registers });
  const byOutcome = (name: string, help: string): Counter<'outcome'> =>
    new Counter({ name, help, labelNames, registers });
  const registrations = byOutcome('conveyor_router_registrations_total', 'Registrations of sidecars');
  const heartbeats = byOutcome('conveyor_router_heartbeats_total', 'Heartbeats of sidecars');
  const left = byOutcome('conveyor_router_departures_total', 'Sidecars that left, and how');
  const changes = counter(
    'conveyor_router_assignment_changes_total',
    'Changes of one sidecar’s part in one pipeline',
  );
  return {
    registered: () => registrations.inc({ outcome: 'taken' }),
    'registration refused': () => registrations.inc({ outcome: 'refused' }),
    heartbeat: () => heartbeats.inc({ outcome: 'taken' }),
    'heartbeat of nobody': () => heartbeats.inc({ outcome: 'unknown' }),
    deregistered: () => left.inc({ outcome: 'deregistered' }),
    lapsed: () => left.inc({ outcome: 'lapsed' }),
    'assignment changed': () => changes.inc(),
  };
}

function gauges(registry: Registry, read: () => RouterFigures | undefined): void {
  const gauge = (
    name: string,
    help: string,
    series: (figures: RouterFigures) => readonly (readonly [Record<string, string>, number])[],
  ): void => {
    const labelNames = LABELS[name] ?? [];
    const created: Gauge = new Gauge({
      name: `conveyor_router_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        const figures = read();
        created.reset();
        for (const [labels, value] of figures === undefined ? [] : series(figures))
          created.set(labels, value);
      },
    });
  };
  gauge('sidecars', 'Sidecars by state; one may be in several', ({ sidecars }) => by('state', sidecars));
  gauge('pipelines', 'Pipelines by state', ({ pipelines }) => by('state', pipelines));
  gauge('manifest_problems', 'What is wrong with manifests', ({ problems }) => by('severity', problems));
  gauge('pipeline_conditions', 'Conditions in the status of a pipeline', ({ conditions }) =>
    [...Map.groupBy(conditions, ({ pipeline, type }) => `${pipeline}\n${type}`).values()].flatMap((same) =>
      same.slice(0, 1).map(({ pipeline, type }) => [{ pipeline, type }, same.length] as const),
    ),
  );
  gauge('settling', '1 while the router has just started and does not know everybody yet', ({ settling }) => [
    [{}, Number(settling)],
  ]);
  gauge('mass_lapse', '1 while sidecars are kept because more than half went silent', ({ massLapse }) => [
    [{}, Number(massLapse)],
  ]);
}

const LABELS: Readonly<Record<string, string[]>> = {
  sidecars: ['state'],
  pipelines: ['state'],
  manifest_problems: ['severity'],
  pipeline_conditions: ['pipeline', 'type'],
};

function by(label: string, figures: Readonly<Record<string, number>>): [Record<string, string>, number][] {
  return Object.entries(figures).map(([value, count]) => [{ [label]: value }, count]);
}
