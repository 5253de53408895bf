import type { ClusterClient } from './cluster-client/cluster-client.ts';
import type { DataPath } from './data-path.ts';
import type { Discovery } from './discovery/discovery.ts';
import type { Life } from './leaving/life.ts';
import type { Offered } from './offered.ts';
import type { PodView } from './join-own-pod.ts';
import { podStatus } from './pod-status.ts';
import type { Route } from './routing/table.ts';

/** What a status is read from. */
export interface StatusSources {
  readonly version: string;
  readonly sidecarId: string;
  readonly podName: string;
  readonly namespace: string;
  readonly startedAt: number;
  readonly wallTime: () => number;
  readonly dataPath: DataPath;
  readonly discovery: Discovery;
  readonly offered: Offered;
  readonly life: Life;
  readonly view: PodView;
  readonly session: ClusterClient;
}

function routeStatus({ graph, placements, draining, assignment, assignedAt }: Route, now: number): object {
  return {
    pipeline: graph.pipelineId,
    generation: graph.generation,
    assignmentVersion: assignment.version,
    ageSeconds: Math.round((now - assignedAt) / 1_000),
    draining,
    fault: graph.fault ?? null,
    notes: graph.notes,
    sources: graph.sources,
    stages: [...graph.stages.values()].map(({ id, type, serviceName, next }) => {
      const placement = placements.get(id);
      return {
        stage: id,
        type,
        service: serviceName,
        next,
        local: placement?.localEndpoint ?? null,
        replicas: placement?.replicas ?? [],
      };
    }),
  };
}

/** What `/statusz` and `conveyor-sidecar status` show of a sidecar: what it does, and why. */
export function sidecarStatus(of: StatusSources): object {
  const { dataPath, discovery, offered, session, wallTime } = of;
  const { dataPlane, routes } = dataPath;
  const now = wallTime();
  const held = new Map(offered.withheld().map(({ service, reason }) => [service, reason]));
  return {
    program: 'sidecar',
    version: of.version,
    sidecarId: of.sidecarId,
    pod: of.podName,
    namespace: of.namespace,
    uptimeSeconds: Math.round((now - of.startedAt) / 1_000),
    life: of.life.snapshot(),
    kubernetes: podStatus(of.view),
    session: session.snapshot(),
    services: offered.found().map((service) => ({
      ...service,
      withheld: held.get(service) ?? null,
      activeRequests: dataPath.activeRequests(service),
    })),
    sources: dataPlane.sources.current(),
    discovery: discovery.snapshot(),
    routes: [...routes.table.routes.values()].map((route) => routeStatus(route, now)),
    pipelines: [...dataPlane.report()].map(([pipeline, { ledger, stages }]) => ({
      pipeline,
      ...ledger.totals,
      inFlight: ledger.inFlight,
      unaccounted: ledger.unaccounted,
      stages: [...stages].map(([stage, totals]) => ({ stage, ...totals })),
    })),
    buffered: dataPlane.buffered().filter(({ records }) => records > 0),
    budget: {
      usedBytes: dataPlane.budget.usedBytes,
      totalBytes: dataPlane.budget.totalBytes,
      waitingMessages: dataPlane.budget.waiting,
    },
    channels: dataPath.clients.size,
    ejected: dataPath.ejected(),
  };
}
