import { decideLapse } from './lapse.ts';
import type { Heartbeat, Load, Member, Registration, Who } from './member.ts';

/** Why a registration is refused; the code stands first in the answer's error. */
export interface Refusal {
  readonly code: 'SIDECAR_ID_IN_USE' | 'ENDPOINT_IN_USE' | 'TOO_MANY_SIDECARS';
  readonly reason: string;
}

/** A registration that was taken, and those that it ended. */
export interface Admission {
  readonly member: Member;
  readonly replaced: readonly Member[];
}

/** Limits and sources of what membership needs. */
export interface MembershipOptions {
  readonly leaseMs: number;
  readonly maxSidecars: number;
  /** A new registration id, never used before. */
  readonly newId: () => string;
}

/** What a check of the leases came to. */
export interface Sweep {
  readonly dropped: readonly Member[];
  readonly massLapse: boolean;
}

const IDLE: Load = { cpuUsage: 0, memoryUsage: 0, activeRequests: 0, queueDepth: 0 };

/** Who is there: registrations, their leases and what they last said. Times are the router's running time. */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #members = new Map<string, Member>();
  #droppedAtMs: number[] = [];
  #massLapse = false;

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  /** By sidecar id. */
  get members(): ReadonlyMap<string, Member> {
    return this.#members;
  }

  /** Sidecars whose lease has run out are being kept, because more than half would go. */
  get massLapse(): boolean {
    return this.#massLapse;
  }

  /** The rules of identity are those of semantics, Identity. */
  register(registration: Registration, nowMs: number): Admission | Refusal {
    const holder = this.#members.get(registration.sidecarId);
    if (holder !== undefined && !this.#mayReplace(holder, registration, nowMs))
      return {
        code: 'SIDECAR_ID_IN_USE',
        reason: `sidecar id ${holder.sidecarId} is in use by ${holder.podName} at ${holder.endpoint}`,
      };
    const replaced = [...this.#members.values()].filter(
      (member) => member === holder || isSame(member, registration),
    );
    const proven = replaced.find((member) => isProvenAgainst(member, registration));
    if (proven !== undefined)
      return {
        code: 'ENDPOINT_IN_USE',
        reason: `${proven.endpoint} is registered by ${proven.sidecarId}, which showed a token`,
      };
    if (replaced.length === 0 && this.#members.size >= this.#options.maxSidecars)
      return { code: 'TOO_MANY_SIDECARS', reason: `${this.#options.maxSidecars} sidecars are registered` };
    for (const { sidecarId } of replaced) this.#members.delete(sidecarId);
    const member = this.#admit(registration, holder, nowMs);
    return { member, replaced };
  }

  #mayReplace(holder: Member, registration: Registration, nowMs: number): boolean {
    if (isProvenAgainst(holder, registration)) return false;
    return (
      // its token says that the id is its own
      registration.identity !== undefined ||
      isSame(holder, registration) ||
      hasSaidGoodbye(holder) ||
      this.isOverdue(holder, nowMs)
    );
  }

  #admit(registration: Registration, holder: Member | undefined, nowMs: number): Member {
    // a sidecar that repeats itself is still as healthy, or draining, as it said
    const known = holder?.instance === registration.instance ? holder : undefined;
    const member: Member = {
      draining: false,
      health: new Map(),
      load: IDLE,
      stageTotals: [],
      ...known,
      ...registration,
      registrationId: this.#options.newId(),
      renewedAtMs: nowMs,
      assignmentVersion: 0,
    };
    this.#members.set(member.sidecarId, member);
    return member;
  }

  /** Renews a lease. @returns undefined when nobody is registered so: it has to register again. */
  heartbeat(beat: Heartbeat, nowMs: number): Member | undefined {
    const known = this.find(beat);
    if (known === undefined) return undefined;
    const { draining, assignmentVersion, health, load, stageTotals } = beat;
    const services = beat.services.length > 0 ? beat.services : known.services;
    const said = { draining, assignmentVersion, health, load, stageTotals, services };
    const member: Member = { ...known, ...said, renewedAtMs: nowMs };
    this.#members.set(member.sidecarId, member);
    return member;
  }

  /**
   * Who is registered so. A sidecar without our extensions names no registration; one that registered with a token is
   * found by calls with one alone.
   */
  find(who: Who): Member | undefined {
    const member = this.#members.get(who.sidecarId);
    if (member === undefined || isProvenAgainst(member, who)) return undefined;
    return who.registrationId === '' || who.registrationId === member.registrationId ? member : undefined;
  }

  /** Goodbye. @returns who left; undefined when nobody was registered so. */
  deregister(who: Who): Member | undefined {
    const member = this.find(who);
    if (member !== undefined) this.#members.delete(member.sidecarId);
    return member;
  }

  /** Whether its lease has run out. */
  isOverdue({ renewedAtMs }: Member, nowMs: number): boolean {
    return nowMs - renewedAtMs > this.#options.leaseMs;
  }

  /** Checks the leases. */
  sweep(nowMs: number): Sweep {
    const { leaseMs } = this.#options;
    const members = [...this.#members.values()];
    this.#droppedAtMs = this.#droppedAtMs.filter((atMs) => nowMs - atMs <= leaseMs);
    const { overdue, drop, massLapse } = decideLapse({
      members,
      nowMs,
      leaseMs,
      droppedAtMs: this.#droppedAtMs,
    });
    const ended = this.#massLapse && !massLapse;
    this.#massLapse = massLapse;
    // the outage is over, but the rest need as long to come back as the first had
    if (ended) this.#renew(overdue, nowMs);
    const dropped = ended ? [] : drop;
    for (const { sidecarId } of dropped) this.#members.delete(sidecarId);
    this.#droppedAtMs.push(...dropped.map(() => nowMs));
    return { dropped, massLapse };
  }

  #renew(members: readonly Member[], renewedAtMs: number): void {
    for (const member of members) this.#members.set(member.sidecarId, { ...member, renewedAtMs });
  }
}

/** It showed a token, the caller shows none: that one never takes its place, and never speaks for it. */
function isProvenAgainst(member: Member, caller: Pick<Who, 'identity'>): boolean {
  return member.identity !== undefined && caller.identity === undefined;
}

/** A sidecar without our extensions says goodbye by registering without services. */
function hasSaidGoodbye({ instance, services }: Member): boolean {
  return instance === '' && services.length === 0;
}

/** The same sidecar once more, or a new one in the place of an old one. */
function isSame(member: Member, registration: Registration): boolean {
  return (
    (registration.instance !== '' && member.instance === registration.instance) ||
    (namesOneHost(registration.endpoint) && member.endpoint === registration.endpoint)
  );
}

/** Sidecars that advertise the address they listen on are not the same because all of them do. */
function namesOneHost(endpoint: string): boolean {
  return endpoint !== '' && !/^(0\.0\.0\.0|\[::\]):/.test(endpoint);
}
