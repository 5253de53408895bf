import type { PortReport, PortState } from './ports.ts';
import type { ServiceRegistry } from './tracking/registry.ts';

/** A service of the reflection at a port, as people read it. */
export interface ServiceSummary {
  readonly protoService: string;
  readonly kind: string;
  readonly methods: readonly string[];
  readonly differences: readonly string[];
  readonly note: string;
}

/** One port, as people read it. */
export interface PortSummary {
  readonly port: number;
  readonly endpoint: string;
  readonly state: PortState;
  readonly reason: string;
  /** ISO 8601: the last change of state or reason. */
  readonly since: string;
  /** Probes in a row that did not confirm what is held. */
  readonly failures: number;
  readonly reflection: string;
  readonly probeMs: number;
  readonly services: readonly ServiceSummary[];
}

/** Where discovery looks, and what is there, as `/statusz` shows it: plain JSON. */
export interface DiscoverySnapshot {
  /** ISO 8601, '' before the first scan. */
  readonly lastScan: string;
  readonly ports: readonly PortSummary[];
}

/** The services of a port without infrastructure. */
export function summarise(report: PortReport): ServiceSummary[] {
  return report.services
    .filter(({ kind }) => kind !== 'infrastructure')
    .map(({ protoService, kind, methods, differences, note, limits }) => ({
      ...{ protoService, kind, methods, differences },
      note: limits === undefined ? 'GetCapabilities did not answer in time' : note,
    }));
}

/** What is known now. @param lastScanMs milliseconds since 1970. */
export function discoverySnapshot(registry: ServiceRegistry, lastScanMs?: number): DiscoverySnapshot {
  const ports = [...registry.tracks().values()].map(({ report, sinceMs, failures, endpoint }) => {
    const { port, state, reason, reflection, probeMs } = report;
    const since = new Date(sinceMs).toISOString();
    const services = summarise(report);
    return { port, endpoint, state, reason, since, failures, reflection, probeMs, services };
  });
  const lastScan = lastScanMs === undefined ? '' : new Date(lastScanMs).toISOString();
  return { lastScan, ports };
}
