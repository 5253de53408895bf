import type { ChannelCredentials } from '@grpc/grpc-js';
import { jittered } from '../../foundation/lifecycle/backoff.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import type { Component } from '../../foundation/lifecycle/component.ts';
import { type Loop, startLoop } from '../../foundation/lifecycle/loop.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import type { DiscoveryMetrics } from './metrics.ts';
import type { Candidates, PortReport } from './ports.ts';
import type { ProbeOptions } from './probe/probe.ts';
import { scanPorts } from './probe/scan.ts';
import { discoverySnapshot, type DiscoverySnapshot } from './snapshot.ts';
import { createHealthFollower, type HealthTarget } from './tracking/health.ts';
import type { LocalService, ServiceDiff } from './tracking/local-service.ts';
import { ServiceRegistry } from './tracking/registry.ts';
import type { PortTrack } from './tracking/track.ts';

/** What discovery stands on. */
export interface DiscoveryOptions {
  readonly candidates: Candidates;
  readonly credentials: ChannelCredentials;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: DiscoveryMetrics;
  readonly probe?: Pick<ProbeOptions, 'timeoutMs' | 'preflightTimeoutMs' | 'limits'>;
  /** Between scans at first, after a change and while something is in doubt; never above the slow one. Default 1,000. */
  readonly fastIntervalMs?: number;
  /** Between scans when nothing has changed for `fastForMs`. Default 15,000. */
  readonly slowIntervalMs?: number;
  /** How long scans stay fast after the start or a change. Default 30,000. */
  readonly fastForMs?: number;
  /** A service at a port that would be a stage but for its contract. Once until that changes. */
  readonly onMismatch?: (mismatch: Mismatch) => void;
  readonly random?: () => number;
}

/** A service that would be a stage but for its methods or messages. */
export interface Mismatch {
  readonly port: number;
  readonly protoService: string;
  readonly differences: readonly string[];
}

/** Discovery, running. */
export interface Discovery extends Component {
  readonly registry: ServiceRegistry;
  /** Scans now, or as soon as half a fast interval has passed since the last scan began. */
  trigger(): void;
  /** Replaces where to look, and looks. Services at ports that are gone from it are gone. */
  setCandidates(candidates: Candidates): void;
  /** What is known of these ports is void: their services are gone until a fresh probe, begun after this, finds them. */
  renew(match: (port: number) => boolean): void;
  /** For `/statusz`. */
  snapshot(): DiscoverySnapshot;
}

/** Services whose servers offer grpc.health.v1. */
function healthTargets(tracks: Iterable<PortTrack>): HealthTarget[] {
  return [...tracks].flatMap(({ endpoint, services, offersHealth }) =>
    offersHealth ? services.map(({ protoService }) => ({ endpoint, protoService })) : [],
  );
}

const facts = ({ name, type, endpoint, protoService }: LocalService) => ({
  name,
  type,
  endpoint,
  protoService,
});

function logDiff(logger: Logger, { added, removed, changed }: ServiceDiff): void {
  for (const service of added) logger.info('service found', facts(service));
  for (const service of removed) logger.info('service gone', facts(service));
  for (const { before, after } of changed) {
    const { health, healthMessage, descriptorHash } = after;
    const contractChanged = before.descriptorHash !== descriptorHash;
    const renamedFrom = before.name === after.name ? {} : { renamedFrom: before.name };
    logger.info('service changed', {
      ...facts(after),
      ...renamedFrom,
      health,
      healthMessage,
      contractChanged,
    });
  }
}

/** One line a change of a port, so that a mismatch is said once and not with every scan. */
function tellPort(
  { logger, onMismatch }: DiscoveryOptions,
  report: PortReport,
  before: PortReport | undefined,
): void {
  if (before?.state === report.state && before.reason === report.reason) return;
  const { port, state, reason } = report;
  logger.debug('port state changed', { port, state, reason });
  for (const { kind, protoService, differences, note } of report.services) {
    if (kind !== 'mismatch') continue;
    logger.warn('service does not match the contract', { port, protoService, differences, note });
    onMismatch?.({ port, protoService, differences });
  }
}

/**
 * Finds the services that run beside this sidecar, and never ends: scans fast at first and after a change, then
 * slowly and jittered, follows what it found by grpc.health.v1 and by the outcome of real calls.
 */
export function createDiscovery(options: DiscoveryOptions): Discovery {
  const { credentials, clock, logger, metrics, random = Math.random, probe = {} } = options;
  const { slowIntervalMs = 15_000, fastForMs = 30_000 } = options;
  const fastIntervalMs = Math.min(options.fastIntervalMs ?? 1_000, slowIntervalMs);
  let { candidates } = options;
  let loop: Loop | undefined;
  let fastUntilMs = 0;
  let lastScanMs: number | undefined;
  let lastScanWallMs: number | undefined;

  const trigger = (): void => loop?.trigger();
  const registry = new ServiceRegistry({ clock, logger, onSuspicion: trigger });
  const health = createHealthFollower({
    credentials,
    clock,
    onServing: ({ endpoint, protoService }, serving) => registry.setServing(endpoint, protoService, serving),
    onLost: trigger,
  });
  registry.onChange((diff) => {
    fastUntilMs = clock.now() + fastForMs;
    metrics.changed(diff, registry.services());
    logDiff(logger, diff);
  });

  const nextDelayMs = (): number => {
    const nowMs = clock.now();
    const tracks = [...registry.tracks().values()];
    const inDoubt = tracks.some(({ failures, unanswered }) => failures > 0 || unanswered.size > 0);
    if (inDoubt || nowMs < fastUntilMs) return jittered(fastIntervalMs, 0.1, random);
    const trialMs = (registry.nextTrialMs() ?? Infinity) - nowMs;
    return Math.max(fastIntervalMs, Math.min(trialMs, jittered(slowIntervalMs, 0.2, random)));
  };
  const scan = async (signal: AbortSignal): Promise<number> => {
    // triggers come from peers too: a service that breaks again and again must not make us scan without a pause
    const gapMs = (lastScanMs ?? -Infinity) + fastIntervalMs / 2 - clock.now();
    if (gapMs > 0) await clock.sleep(gapMs, signal);
    const beganMs = clock.now();
    lastScanMs = beganMs;
    const where = candidates;
    const reports = await scanPorts(where.ports, { ...probe, credentials, signal });
    // candidates that changed meanwhile have triggered the next scan; these results would bring back what they dropped
    if (where !== candidates) return 0;
    for (const report of reports) tellPort(options, report, registry.tracks().get(report.port)?.report);
    registry.apply({ reports, candidates: where, beganMs });
    health.reconcile(healthTargets(registry.tracks().values()));
    metrics.scanned(reports);
    lastScanWallMs = clock.wallTime();
    return nextDelayMs();
  };
  return {
    name: 'discovery',
    registry,
    trigger,
    start() {
      fastUntilMs = clock.now() + fastForMs;
      loop ??= startLoop({
        clock,
        tick: scan,
        onError(error) {
          logger.error('discovery scan failed', { error });
          return fastIntervalMs;
        },
      });
      return Promise.resolve();
    },
    async stop() {
      await loop?.stop();
      await health.stop();
    },
    setCandidates(next) {
      candidates = next;
      trigger();
    },
    renew(match) {
      // the scan that is under way may have seen what was before: to it the candidates have changed
      candidates = { ...candidates };
      registry.forget(match);
      health.reconcile(healthTargets(registry.tracks().values()));
      trigger();
    },
    snapshot: () => discoverySnapshot(registry, lastScanWallMs),
  };
}
