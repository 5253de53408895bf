import { Gauge, type Registry } from 'prom-client';
import { STANDINGS, type StandingKind } from './access/standing.ts';

/** What is shown of the own pod's controller. */
export interface OwnPodMetrics {
  standing(kind: StandingKind): void;
}

/** Defines the metrics on a registry; until told otherwise nothing of Kubernetes is used. */
export function ownPodMetrics(registry: Registry): OwnPodMetrics {
  const state = new Gauge({
    name: 'conveyor_sidecar_kubernetes_state',
    help: 'How the sidecar stands with the Kubernetes API: 1 for the state that holds; all but off, starting and following mean that it runs on the downward API and the port scan',
    labelNames: ['state'],
    registers: [registry],
  });
  const standing = (kind: StandingKind): void => {
    for (const each of STANDINGS) state.set({ state: each }, each === kind ? 1 : 0);
  };
  standing('off');
  return { standing };
}
