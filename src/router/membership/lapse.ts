import type { Member } from './member.ts';

/** What is known when leases are checked. All times on the router's running time. */
export interface LapseFacts {
  readonly members: readonly Member[];
  readonly nowMs: number;
  readonly leaseMs: number;
  /** When sidecars were dropped for their lease. */
  readonly droppedAtMs: readonly number[];
}

/** What becomes of those whose lease has run out. */
export interface LapseDecision {
  readonly overdue: readonly Member[];
  readonly drop: readonly Member[];
  /** More than half would lapse within one lease: that is the network or the router, not the sidecars. */
  readonly massLapse: boolean;
}

/** Whether its silence tells something: one that drains has announced it, one without services runs nothing. */
const tells = (member: Member): boolean => !member.draining && member.services.length > 0;

/**
 * Decides who is dropped. Leases of sidecars that were cut off in one moment run out one after the other, so who
 * has been silent for more than half a lease, and who was dropped in the last one, is counted with the overdue.
 */
export function decideLapse({ members, nowMs, leaseMs, droppedAtMs }: LapseFacts): LapseDecision {
  const silentMs = (member: Member): number => nowMs - member.renewedAtMs;
  const overdue = members.filter((member) => silentMs(member) > leaseMs);
  const silent = members.filter((member) => tells(member) && silentMs(member) > leaseMs / 2).length;
  const heard = members.filter(
    (member) => member.services.length > 0 && silentMs(member) <= leaseMs / 2,
  ).length;
  const dropped = droppedAtMs.filter((atMs) => nowMs - atMs <= leaseMs).length;
  const massLapse = overdue.some(tells) && silent + dropped > heard;
  const drop = massLapse ? overdue.filter((member) => !tells(member)) : overdue;
  return { overdue, drop, massLapse };
}
