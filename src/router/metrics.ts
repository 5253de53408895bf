import { Counter, type Registry } from 'prom-client';
import { collectedMetrics } from '../foundation/telemetry/collected.ts';
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
  const { gauge } = collectedMetrics(registry, 'conveyor_router');
  gauge('leader', '1 while this replica leads', [], (show) => show({}, Number(read().leading)));
  gauge(
    'certificate_expiry_seconds',
    'When the certificate ends, in seconds since 1970; 0 without one',
    [],
    (show) => show({}, (read().certificateEndsMs ?? 0) / 1_000),
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
  const { gauge } = collectedMetrics(registry, 'conveyor_router');
  const by = (name: string, help: string, label: string, count: (figures: RouterFigures) => Counts): void =>
    gauge(name, help, [label], (show) => {
      const figures = read();
      if (figures === undefined) return;
      for (const [value, times] of Object.entries(count(figures))) show({ [label]: value }, times);
    });
  const flag = (name: string, help: string, value: (figures: RouterFigures) => boolean): void =>
    gauge(name, help, [], (show) => {
      const figures = read();
      if (figures !== undefined) show({}, Number(value(figures)));
    });
  by('sidecars', 'Sidecars by state; one may be in several', 'state', ({ sidecars }) => sidecars);
  by('pipelines', 'Pipelines by state', 'state', ({ pipelines }) => pipelines);
  by('manifest_problems', 'What is wrong with manifests', 'severity', ({ problems }) => problems);
  gauge('pipeline_conditions', 'Conditions in the status of a pipeline', ['pipeline', 'type'], (show) => {
    const { conditions = [] } = read() ?? {};
    for (const same of Map.groupBy(conditions, ({ pipeline, type }) => `${pipeline}\n${type}`).values())
      for (const { pipeline, type } of same.slice(0, 1)) show({ pipeline, type }, same.length);
  });
  flag(
    'settling',
    '1 while the router has just started and does not know everybody yet',
    (figures) => figures.settling,
  );
  flag(
    'mass_lapse',
    '1 while sidecars are kept because more than half went silent',
    (figures) => figures.massLapse,
  );
}

type Counts = Readonly<Record<string, number>>;
