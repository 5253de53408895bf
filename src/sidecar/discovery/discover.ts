import { uniqueNames } from './contract/names.ts';
import { type Candidates, isUsable, type Limits, NOT_STATED, type PortReport } from './ports.ts';
import type { ProbeOptions } from './probe/probe.ts';
import { scanPorts } from './probe/scan.ts';
import { type ServiceSummary, summarise } from './snapshot.ts';

/** Where and how to look once. */
export interface DiscoverOptions extends ProbeOptions {
  readonly candidates: Candidates;
}

/** A service at a port: what it is, what a pipeline calls it, and what it states of itself. */
export interface DiscoveredService extends ServiceSummary, Omit<Limits, 'ownId'> {
  /** '' for what cannot be used. */
  readonly name: string;
  readonly descriptorHash: string;
}

/** One port with its result and the reason for it. */
export interface DiscoveredPort extends Pick<
  PortReport,
  'port' | 'endpoint' | 'state' | 'reason' | 'reflection' | 'probeMs'
> {
  readonly services: readonly DiscoveredService[];
}

/** What the `discover` command shows: plain JSON. */
export interface DiscoverReport {
  readonly durationMs: number;
  readonly ports: readonly DiscoveredPort[];
}

function namesOf(reports: readonly PortReport[], { names, hints }: Candidates): Map<string, string> {
  const usable = reports.flatMap(({ port, services }) =>
    services.filter(isUsable).map(({ protoService, kind: type, limits }) => ({
      ...{ port, type, protoService },
      configured: names.get(port) ?? '',
      ownId: limits?.ownId ?? '',
      portName: hints.get(port)?.portName ?? '',
      container: hints.get(port)?.container ?? '',
    })),
  );
  const unique = uniqueNames(usable);
  return new Map(
    usable.map(({ port, protoService }, index) => [`${port} ${protoService}`, unique[index] ?? '']),
  );
}

/**
 * Scans once and says of every port what it is and why. The names are those that a running sidecar would give.
 * @throws ConveyorError CANCELLED when the signal aborts.
 */
export async function discoverOnce({ candidates, ...probe }: DiscoverOptions): Promise<DiscoverReport> {
  const begin = performance.now();
  const reports = await scanPorts(candidates.ports, probe);
  const names = namesOf(reports, candidates);
  const ports = reports.map((report) => {
    const { port, endpoint, state, reason, reflection, probeMs } = report;
    const services = summarise(report).map((summary): DiscoveredService => {
      const full = report.services.find(({ protoService }) => protoService === summary.protoService);
      const { ownId: _, ...limits } = full?.limits ?? NOT_STATED;
      const name = names.get(`${port} ${summary.protoService}`) ?? '';
      return { name, ...summary, ...limits, descriptorHash: full?.descriptorHash ?? '' };
    });
    return { port, endpoint, state, reason, reflection, probeMs, services };
  });
  return { durationMs: Math.round(performance.now() - begin), ports };
}
