import type { Clock } from '../../../foundation/lifecycle/clock.ts';
import { createListeners } from '../../../foundation/lifecycle/listeners.ts';
import type { Logger } from '../../../foundation/telemetry/logger.ts';
import { type Nameable, uniqueNames } from '../contract/names.ts';
import type { Candidates, PortReport } from '../ports.ts';
import { CallEvidence, type CallOutcome } from './evidence.ts';
import { diffServices, type LocalService, type ServiceDiff } from './local-service.ts';
import { type HeldService, nextTrack, type PortTrack, UNHEALTHY_AFTER } from './track.ts';

/** What a service's own grpc.health.v1 says; undefined: nothing. */
export type Serving = 'SERVING' | 'NOT_SERVING' | undefined;

/** What a registry stands on. */
export interface RegistryOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when what was heard makes a fresh probe worth its cost. */
  readonly onSuspicion: () => void;
}

/** All that was heard of one service between probes. */
interface Witness {
  readonly calls: CallEvidence;
  readonly descriptorHash: string;
  serving: Serving;
}

/** The result of one scan. */
export interface Scan {
  readonly reports: readonly PortReport[];
  readonly candidates: Candidates;
  /** When it began, by the monotonic clock. */
  readonly beganMs: number;
}

/**
 * The services of this pod, level-based: every scan, call and health message is taken into what is known, the list is
 * made anew from that, and who listens is told the difference. Reads are synchronous.
 */
export class ServiceRegistry {
  readonly #options: RegistryOptions;
  readonly #listeners = createListeners<[ServiceDiff]>((error) =>
    this.#options.logger.error('a listener of service changes failed', { error }),
  );
  #tracks: ReadonlyMap<number, PortTrack> = new Map();
  // by endpoint, then by proto service: a lookup for each call that is reported, without making a key
  #witnesses: ReadonlyMap<string, ReadonlyMap<string, Witness>> = new Map();
  #services: readonly LocalService[] = [];
  #candidates: Candidates = { ports: [], names: new Map(), hints: new Map() };

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  /** All services now, by name. The array is replaced, never changed. */
  services(): readonly LocalService[] {
    return this.#services;
  }

  /** Ports by number, as the last scans left them. */
  tracks(): ReadonlyMap<number, PortTrack> {
    return this.#tracks;
  }

  /** Calls `listener` after each change. @returns a function that ends it. */
  onChange(listener: (diff: ServiceDiff) => void): () => void {
    return this.#listeners.on(listener);
  }

  /**
   * The outcome of a real call; cheap for `ok`. `unusable` is an answer that no repetition mends (UNIMPLEMENTED,
   * UNAUTHENTICATED, PERMISSION_DENIED, FAILED_PRECONDITION): unhealthy until probed afresh.
   */
  reportCall(endpoint: string, protoService: string, outcome: CallOutcome): void {
    const calls = this.#witnesses.get(endpoint)?.get(protoService)?.calls;
    if (calls === undefined) return;
    const before = calls.health().health;
    const suspicious = calls.record(outcome, this.#options.clock.now());
    if (calls.health().health !== before) this.#publish();
    if (suspicious) this.#options.onSuspicion();
  }

  /** What the service's own health service says. */
  setServing(endpoint: string, protoService: string, serving: Serving): void {
    const witness = this.#witnesses.get(endpoint)?.get(protoService);
    if (witness === undefined || witness.serving === serving) return;
    witness.serving = serving;
    this.#publish();
  }

  /** Takes one scan of all candidate ports. Ports that are no candidates any more are forgotten. */
  apply({ reports, candidates, beganMs }: Scan): void {
    const arrived = this.#arrivals(reports);
    const wallTimeMs = this.#options.clock.wallTime();
    this.#candidates = candidates;
    this.#tracks = new Map(
      reports.map((report) => {
        const previous = this.#tracks.get(report.port);
        const moved = previous?.services.some((service) => arrived.has(fingerprint(service))) ?? false;
        const calls = previous === undefined ? 'none' : this.#callsTo(previous);
        return [report.port, nextTrack(previous, report, { wallTimeMs, calls, moved })];
      }),
    );
    this.#keepWitnesses(beganMs);
    this.#publish();
  }

  /** Forgets what is known of the ports: their services are gone until a scan finds them again. */
  forget(match: (port: number) => boolean): void {
    this.#tracks = new Map([...this.#tracks].filter(([port]) => !match(port)));
    const endpoints = new Set([...this.#tracks.values()].map(({ endpoint }) => endpoint));
    this.#witnesses = new Map([...this.#witnesses].filter(([endpoint]) => endpoints.has(endpoint)));
    this.#publish();
  }

  /** The earliest end of a rest, by the monotonic clock; undefined when every service is in use. */
  nextTrialMs(): number | undefined {
    const rests = [...this.#witnesses.values()].flatMap((services) =>
      [...services.values()].flatMap(({ calls }) => calls.restUntilMs ?? []),
    );
    return rests.length === 0 ? undefined : Math.min(...rests);
  }

  /** Services that are at a port now and were not before, by what they are. */
  #arrivals(reports: readonly PortReport[]): Set<string> {
    return new Set(
      reports.flatMap(({ port, services }) => {
        const held = new Set(this.#tracks.get(port)?.services.map(fingerprint));
        return services.map(fingerprint).filter((print) => !held.has(print));
      }),
    );
  }

  #callsTo({ endpoint, services }: PortTrack): 'none' | 'ok' | 'failed' {
    const witnesses = this.#witnesses.get(endpoint);
    const heard = services.map(({ protoService }) => witnesses?.get(protoService)?.calls.sinceProbe);
    if (heard.includes('ok')) return 'ok';
    return heard.includes('failed') ? 'failed' : 'none';
  }

  /** Evidence outlives a scan, not a service, and not its contract. */
  #keepWitnesses(beganMs: number): void {
    const witnesses = new Map<string, Map<string, Witness>>();
    for (const { endpoint, services, failures, report } of this.#tracks.values()) {
      const kept = new Map<string, Witness>();
      for (const { protoService, descriptorHash } of services) {
        const known = this.#witnesses.get(endpoint)?.get(protoService);
        const same = known?.descriptorHash === descriptorHash ? known : undefined;
        const witness = same ?? { calls: new CallEvidence(), descriptorHash, serving: undefined };
        witness.calls.probed(failures === 0 && report.state === 'services' ? beganMs : undefined);
        kept.set(protoService, witness);
      }
      if (kept.size > 0) witnesses.set(endpoint, kept);
    }
    this.#witnesses = witnesses;
  }

  #publish(): void {
    const before = this.#services;
    const held = [...this.#tracks.values()].flatMap((track) =>
      track.services.map((service) => ({ track, service })),
    );
    const names = uniqueNames(held.map(({ track, service }) => this.#nameable(track, service)));
    this.#services = held
      .map(({ track, service }, index) => this.#localService(track, service, names[index] ?? ''))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const diff = diffServices(before, this.#services);
    if (diff === undefined) return;
    this.#listeners.tell(diff);
  }

  #nameable({ report: { port } }: PortTrack, service: HeldService): Nameable {
    const { portName = '', container = '' } = this.#candidates.hints.get(port) ?? {};
    const configured = this.#candidates.names.get(port) ?? '';
    const { kind: type, protoService, limits } = service;
    return { port, type, protoService, configured, ownId: limits.ownId, portName, container };
  }

  #localService(track: PortTrack, service: HeldService, name: string): LocalService {
    const { port } = track.report;
    const { maxBatchSize, maxConcurrentBatches, supportedRecordTypes, availableCapacity } = service.limits;
    const { kind: type, protoService, descriptorHash, methods } = service;
    const { health, message: healthMessage } = this.#health(track, protoService);
    const container = this.#candidates.hints.get(port)?.container ?? '';
    return {
      ...{ name, type, endpoint: track.endpoint, port, protoService, container },
      ...{ maxBatchSize, maxConcurrentBatches, supportedRecordTypes, availableCapacity },
      ...{ descriptorHash, methods, health, healthMessage },
    };
  }

  #health(
    { endpoint, failures, report }: PortTrack,
    protoService: string,
  ): ReturnType<CallEvidence['health']> {
    const witness = this.#witnesses.get(endpoint)?.get(protoService);
    if (failures >= UNHEALTHY_AFTER)
      return { health: 'unhealthy', message: `not found by probes: ${report.reason}` };
    if (witness?.serving === 'NOT_SERVING')
      return { health: 'unhealthy', message: 'grpc.health.v1 says NOT_SERVING' };
    return witness?.calls.health() ?? { health: 'healthy', message: '' };
  }
}

/** What makes a service the same one at another port. */
function fingerprint({ protoService, descriptorHash, limits }: PortReport['services'][number]): string {
  return `${protoService} ${descriptorHash} ${limits?.ownId ?? ''}`;
}
