import type { Logger } from '../../../foundation/telemetry/logger.ts';
import type { PodFacts } from '../facts/facts.ts';
import type { OwnPodMetrics } from '../metrics.ts';
import { isDegraded, type Standing, type StandingKind } from './standing.ts';

/** Tells, by the log and the metrics, how the sidecar stands with the API: one line a change. */
export function createTelling(logger: Logger, metrics: OwnPodMetrics) {
  let told: StandingKind | undefined;
  return ({ kind, reason }: Standing, facts: PodFacts | undefined): void => {
    metrics.standing(kind);
    if (kind === told) return;
    told = kind;
    if (isDegraded({ kind }))
      logger.warn('running on the downward API and the port scan', { state: kind, reason });
    if (kind !== 'following' || facts === undefined) return;
    logger.info('following the own pod', { container: facts.self, native: facts.native, node: facts.node });
    if (facts.self === '') logger.warn('which container is ours is not known: set CONTAINER_NAME');
  };
}
