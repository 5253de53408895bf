import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { PORT_STATES, type PortReport } from './ports.ts';
import type { LocalService, ServiceDiff } from './tracking/local-service.ts';

/** What discovery counts. */
export interface DiscoveryMetrics {
  /** One scan is over. */
  scanned(reports: readonly PortReport[]): void;
  /** The services changed. */
  changed(diff: ServiceDiff, services: readonly LocalService[]): void;
}

const TYPES = ['source', 'transform', 'sink'] as const;
const HEALTHS = ['healthy', 'degraded', 'unhealthy'] as const;

/** Defines the metrics of discovery on a registry. Labels are bounded: states, types, kinds of change; no names. */
export function discoveryMetrics(registry: Registry): DiscoveryMetrics {
  const registers = [registry];
  const ports = new Gauge({
    name: 'conveyor_sidecar_discovery_ports',
    help: 'Candidate ports by what the last probe found there.',
    labelNames: ['state'],
    registers,
  });
  const services = new Gauge({
    name: 'conveyor_sidecar_discovery_services',
    help: 'Local services by type and health.',
    labelNames: ['type', 'health'],
    registers,
  });
  const probes = new Counter({
    name: 'conveyor_sidecar_discovery_probes_total',
    help: 'Probes of ports by what they found.',
    labelNames: ['state'],
    registers,
  });
  const seconds = new Histogram({
    name: 'conveyor_sidecar_discovery_probe_seconds',
    help: 'Duration of the probe of one port.',
    buckets: [0.005, 0.025, 0.1, 0.5, 1, 2, 5],
    registers,
  });
  const changes = new Counter({
    name: 'conveyor_sidecar_discovery_changes_total',
    help: 'Changes of local services by kind.',
    labelNames: ['change'],
    registers,
  });
  return {
    scanned(reports) {
      for (const state of PORT_STATES)
        ports.set({ state }, reports.filter((report) => report.state === state).length);
      for (const { state, probeMs } of reports) {
        probes.inc({ state });
        seconds.observe(probeMs / 1_000);
      }
    },
    changed({ added, removed, changed }, all) {
      changes.inc({ change: 'added' }, added.length);
      changes.inc({ change: 'removed' }, removed.length);
      changes.inc({ change: 'changed' }, changed.length);
      for (const type of TYPES)
        for (const health of HEALTHS) {
          const count = all.filter((service) => service.type === type && service.health === health).length;
          services.set({ type, health }, count);
        }
    },
  };
}
