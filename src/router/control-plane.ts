import type { Clock } from '../foundation/lifecycle/clock.ts';
import { createListeners } from '../foundation/lifecycle/listeners.ts';
import type { Logger } from '../foundation/telemetry/logger.ts';
import type { Coordination, Feed, HeartbeatAnswer, RegistrationAnswer, Watcher, Who } from './api/ports.ts';
import type { Placement } from './assignment/assign.ts';
import type { Candidate, PipelineToPlace } from './assignment/inputs.ts';
import { Outbox } from './assignment/outbox.ts';
import { Planner } from './assignment/planner.ts';
import { hash32 } from './assignment/rendezvous.ts';
import type { Heartbeat, Member, Registration } from './membership/member.ts';
import { Membership } from './membership/membership.ts';
import { createRefusals, type Refusals } from './membership/refusals.ts';
import { createRunningTime, type RunningTime } from './membership/running-time.ts';

/** A lease is so many heartbeat intervals (semantics, Heartbeats). */
const LEASE_INTERVALS = 3;
/** A recomputation that takes longer is followed by a pause; a pause is never longer than that. */
const LONG_MS = 20;
const MAX_PAUSE_MS = 1_000;
/** Leases are checked so often in an interval. */
const TICKS = 10;

/** What the control plane needs. */
export interface ControlPlaneOptions {
  readonly heartbeatIntervalMs: number;
  readonly maxSidecars: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A new registration id, never used before. */
  readonly newId: () => string;
  /** What happened, for metrics. */
  readonly observe: (event: ControlPlaneEvent) => void;
}

/** What metrics count. */
export type ControlPlaneEvent =
  | 'registered'
  | 'registration refused'
  | 'heartbeat'
  | 'heartbeat of nobody'
  | 'deregistered'
  | 'lapsed'
  | 'assignment changed';

interface Session {
  readonly registrationId: string;
  readonly outbox: Outbox;
  /** The sidecar keeps its routes; it is told nothing, and to register again when the router has settled. */
  readonly held: boolean;
  watcher: Watcher | undefined;
  /** What a sidecar that names no version has been told by heartbeats. */
  told: number;
}

/** Joins who is there with what should run, and tells each sidecar its part. */
export class ControlPlane implements Coordination {
  readonly #options: ControlPlaneOptions;
  readonly #membership: Membership;
  readonly #refusals: Refusals;
  readonly #planner = new Planner();
  readonly #sessions = new Map<string, Session>();
  readonly #time: RunningTime;
  readonly #leaseMs: number;
  readonly #placedListeners = createListeners<[readonly string[]]>();
  #pending: NodeJS.Timeout | undefined;
  #lastTookMs = 0;

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
    const { heartbeatIntervalMs, maxSidecars, newId, clock } = options;
    this.#leaseMs = LEASE_INTERVALS * heartbeatIntervalMs;
    this.#membership = new Membership({ leaseMs: this.#leaseMs, maxSidecars, newId });
    this.#refusals = createRefusals(options);
    this.#time = createRunningTime(clock, 2 * this.tickMs);
  }

  /** Milliseconds between two calls of `tick`. */
  get tickMs(): number {
    return this.#options.heartbeatIntervalMs / TICKS;
  }

  /** A router that has just started does not know everybody yet: for one lease (semantics). */
  get settling(): boolean {
    return this.#time.now() < this.#leaseMs;
  }

  /** More than half of the sidecars have gone silent within one lease: they are kept. */
  get massLapse(): boolean {
    return this.#membership.massLapse;
  }

  /** Who is registered, and when each lease runs out, in milliseconds from now. */
  members(): { readonly member: Member; readonly leaseLeftMs: number; readonly watching: boolean }[] {
    return [...this.#membership.members.values()].map((member) => ({
      member,
      leaseLeftMs: member.renewedAtMs + this.#leaseMs - this.#time.now(),
      watching: this.#sessions.get(member.sidecarId)?.watcher !== undefined,
    }));
  }

  /** How every pipeline is placed. */
  placements(): ReadonlyMap<string, Placement> {
    return this.#planner.placements();
  }

  /** The pipelines that are to run. */
  setPipelines(pipelines: readonly PipelineToPlace[]): void {
    this.#planner.setPipelines(pipelines);
    this.#schedule();
  }

  /** Counts the running time and checks the leases. To be called every `tickMs`. */
  tick(): void {
    this.#time.tick();
    const before = this.massLapse;
    const { dropped, massLapse } = this.#membership.sweep(this.#time.now());
    const { logger, observe } = this.#options;
    if (massLapse && !before)
      logger.warn('more than half of the sidecars went silent within one lease, they are kept');
    if (!massLapse && before) logger.info('sidecars are heard again');
    for (const member of dropped) {
      logger.warn('sidecar missed its lease', { sidecar: member.sidecarId, pod: member.podName });
      observe('lapsed');
      this.#end(member.sidecarId);
    }
  }

  register(registration: Registration): RegistrationAnswer {
    const outcome = this.#membership.register(registration, this.#time.now());
    const { logger, observe } = this.#options;
    if ('code' in outcome) {
      observe('registration refused');
      this.#refusals.refused(registration, outcome);
      return { refused: `${outcome.code}: ${outcome.reason}` };
    }
    const { member, replaced } = outcome;
    for (const { sidecarId } of replaced) this.#end(sidecarId, sidecarId !== member.sidecarId);
    const session: Session = {
      registrationId: member.registrationId,
      outbox: new Outbox(),
      held: this.settling && member.routesHeld,
      watcher: undefined,
      told: 0,
    };
    this.#sessions.set(member.sidecarId, session);
    this.#place(member);
    session.told = session.outbox.version;
    observe('registered');
    this.#refusals.taken(registration);
    logger.info('sidecar registered', { sidecar: member.sidecarId, pod: member.podName, held: session.held });
    const { registrationId } = member;
    return {
      refused: undefined,
      registrationId,
      assignments: session.outbox.whole(),
      settling: session.held,
    };
  }

  heartbeat(beat: Heartbeat): HeartbeatAnswer {
    const member = this.#membership.heartbeat(beat, this.#time.now());
    const session = this.#sessions.get(beat.sidecarId);
    if (member === undefined || session === undefined) {
      this.#options.observe('heartbeat of nobody');
      return { acknowledged: false, reregister: true, changes: [] };
    }
    this.#options.observe('heartbeat');
    this.#place(member);
    session.outbox.applied(beat.assignmentVersion);
    if (session.held) return { acknowledged: true, reregister: this.#mayFetch(member), changes: [] };
    if (session.watcher !== undefined) return { acknowledged: true, reregister: false, changes: [] };
    // a sidecar that names no registration names no version either
    const told = beat.registrationId === '' ? session.told : beat.assignmentVersion;
    session.told = session.outbox.version;
    return { acknowledged: true, reregister: false, changes: session.outbox.since(told) };
  }

  /** Spread over one heartbeat interval, so that not all sidecars fetch their routes at once. */
  #mayFetch({ sidecarId }: Member): boolean {
    const share = hash32(sidecarId) / 2 ** 32;
    return this.#time.now() >= this.#leaseMs + share * this.#options.heartbeatIntervalMs;
  }

  watch(who: Who, watcher: Watcher): Feed | undefined {
    const session = this.#sessions.get(who.sidecarId);
    if (session === undefined || this.#membership.find(who) === undefined) return undefined;
    session.watcher?.close('replaced');
    session.watcher = watcher;
    const { outbox, held } = session;
    return {
      held,
      whole: () => ({ assignments: outbox.whole(), version: outbox.version }),
      since: (version) => outbox.since(version),
    };
  }

  unwatch({ sidecarId }: Who, watcher: Watcher): void {
    const session = this.#sessions.get(sidecarId);
    if (session?.watcher === watcher) session.watcher = undefined;
  }

  deregister(who: Who, reason: string): boolean {
    const member = this.#membership.deregister(who);
    if (member === undefined) return false;
    this.#options.observe('deregistered');
    this.#options.logger.info('sidecar left', { sidecar: member.sidecarId, pod: member.podName, reason });
    this.#end(member.sidecarId);
    return true;
  }

  /** Ends all watches; nothing is sent any more. */
  close(): void {
    clearTimeout(this.#pending);
    for (const { watcher } of this.#sessions.values()) watcher?.close('stopping');
  }

  #end(sidecarId: string, gone = true): void {
    this.#sessions.get(sidecarId)?.watcher?.close('ended');
    this.#sessions.delete(sidecarId);
    if (gone && this.#planner.setCandidate(sidecarId, undefined)) this.#schedule();
  }

  /** Its own part is computed at once, for the answer; those of the others follow. */
  #place(member: Member): void {
    const changed = this.#planner.setCandidate(member.sidecarId, candidateOf(member));
    const session = this.#sessions.get(member.sidecarId);
    if (changed) this.#schedule();
    if (session === undefined || session.held || (!changed && session.outbox.version > 0)) return;
    const assignments = this.#planner.assignmentsFor(member.sidecarId);
    for (const id of session.outbox.pipelineIds())
      if (!assignments.has(id)) session.outbox.set(id, undefined);
    for (const [id, assignment] of assignments) session.outbox.set(id, assignment);
    session.watcher?.notify();
  }

  /**
   * Once for all that happens in this turn of the event loop; where thousands make that a long work, after a pause
   * of four times as long, so that heartbeats are heard and a thousand registrations cost few recomputations.
   */
  #schedule(): void {
    this.#pending ??= setTimeout(
      () => {
        this.#pending = undefined;
        const startedMs = this.#options.clock.now();
        this.#tell();
        this.#lastTookMs = this.#options.clock.now() - startedMs;
      },
      this.#lastTookMs < LONG_MS ? 0 : Math.min(MAX_PAUSE_MS, 4 * this.#lastTookMs),
    );
  }

  /** Hears which pipelines were placed anew, or no more. Returns what ends it. */
  onPlaced(listener: (pipelineIds: readonly string[]) => void): () => void {
    return this.#placedListeners.on(listener);
  }

  #tell(): void {
    const touched = this.#planner.touched();
    for (const { sidecarId, pipelineId, assignment } of this.#planner.recompute()) {
      const session = this.#sessions.get(sidecarId);
      if (session === undefined || session.held || !session.outbox.set(pipelineId, assignment)) continue;
      this.#options.observe('assignment changed');
      session.watcher?.notify();
    }
    this.#placedListeners.tell(touched);
  }
}

function candidateOf({
  sidecarId,
  namespace,
  endpoint,
  draining,
  labels,
  services,
  health,
}: Member): Candidate {
  const offered = services.map((service) => ({
    ...service,
    healthy: health.get(service.name)?.status !== 'unhealthy',
  }));
  return { sidecarId, namespace, endpoint, draining, labels, services: offered };
}
