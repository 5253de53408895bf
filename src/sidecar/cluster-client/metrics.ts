import { Counter, Gauge, type Registry } from 'prom-client';
import { collectedMetrics } from '../../foundation/telemetry/collected.ts';
import { SESSION_STATES, type SessionStateKind } from './session/state.ts';

/** What a session counts. */
export interface ClusterClientMetrics {
  state(kind: SessionStateKind): void;
  registration(outcome: 'accepted' | 'refused' | 'failed'): void;
  heartbeat(outcome: 'acknowledged' | 'reregister' | 'failed'): void;
  watchReopened(cause: 'aged' | 'ended' | 'failed'): void;
  assignments(pipelines: number, version: number): void;
  /** @param ageSeconds asked at each scrape: seconds since the router last answered, 0 before it ever did. */
  contactAge(ageSeconds: () => number): void;
}

/** The session's metrics on the given registry. Labels are bounded: none carries an address or an id. */
export function clusterClientMetrics(registry: Registry): ClusterClientMetrics {
  const registers = [registry];
  const state = new Gauge({
    name: 'conveyor_sidecar_session_state',
    help: '1 for the state in which the session with the router is, 0 for the others',
    labelNames: ['state'],
    registers,
  });
  const registrations = new Counter({
    name: 'conveyor_sidecar_registrations_total',
    help: 'Registrations with a router, by outcome: accepted, refused (by its answer), failed (no answer)',
    labelNames: ['outcome'],
    registers,
  });
  const heartbeats = new Counter({
    name: 'conveyor_sidecar_heartbeats_total',
    help: 'Heartbeats to the router, by outcome: acknowledged, reregister (it does not know us), failed',
    labelNames: ['outcome'],
    registers,
  });
  const watches = new Counter({
    name: 'conveyor_sidecar_watch_reopens_total',
    help: 'Assignment watches that ended and were opened again, by cause: aged, ended (by the router), failed',
    labelNames: ['cause'],
    registers,
  });
  const pipelines = new Gauge({
    name: 'conveyor_sidecar_assigned_pipelines',
    help: 'Pipelines that the router has assigned to this sidecar',
    registers,
  });
  const version = new Gauge({
    name: 'conveyor_sidecar_assignment_version',
    help: 'Highest assignment version applied in the current registration; 0 when the router numbers none',
    registers,
  });
  let age = (): number => 0;
  collectedMetrics(registry, 'conveyor_sidecar').gauge(
    'router_contact_age_seconds',
    'Seconds since the router last answered; 0 before it ever did',
    [],
    (show) => show({}, age()),
  );
  return {
    state: (kind) => {
      for (const each of SESSION_STATES) state.set({ state: each }, each === kind ? 1 : 0);
    },
    registration: (outcome) => registrations.inc({ outcome }),
    heartbeat: (outcome) => heartbeats.inc({ outcome }),
    watchReopened: (cause) => watches.inc({ cause }),
    assignments: (count, highest) => {
      pipelines.set(count);
      version.set(highest);
    },
    contactAge: (ageSeconds) => {
      age = ageSeconds;
    },
  };
}
