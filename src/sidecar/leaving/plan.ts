/** The deletion of the pod, as the API has it. */
export interface Deletion {
  /** `deletionTimestamp`, in milliseconds since 1970: when the pod is to be gone; the grace is in it. */
  readonly atWallMs: number;
  /** `deletionGracePeriodSeconds`: may be shorter or longer than what the pod's spec says. */
  readonly graceMs: number;
}

/** What a deletion means for the monotonic clock. */
export interface DeletionSight extends Deletion {
  /** When the pod is to be gone, by the wall clock at the time of the sight where that can be right. */
  readonly byWallMs: number;
  /** The same by the monotonic clock alone: the grace from when it was seen. */
  readonly byGraceMs: number;
}

/** Signs that the end has come; each by the monotonic time at which it was first seen. */
export interface Signs {
  /** The sidecar's own preStop hook was called, or someone has asked it to leave, or the application is done. */
  readonly hookMs?: number;
  readonly deletionMs?: number;
  readonly deletion?: DeletionSight;
  /** SIGTERM. */
  readonly signalMs?: number;
}

/** What the end is planned by, beside its signs. */
export interface Terms {
  /** The sidecar is an init container with restartPolicy Always: SIGTERM comes when the application has gone. */
  readonly native: boolean;
  /** What there is from the first sign on, where no deletion says better. */
  readonly graceMs: number;
}

/** From when to when the end takes, in monotonic milliseconds. */
export interface EndPlan {
  readonly beganMs: number;
  readonly untilMs: number;
}

/** What the kubelet leaves a native sidecar when the application has used up the grace (its minimum). */
const AFTER_APPLICATION_MS = 2_000;
/** The share of the time that is left to the application when its hook is answered, and to the second half. */
const LAST_SHARE = 1 / 5;
/** What an application gets at least between the answer to its hook and the end. */
const APPLICATION_MS = 5_000;

/**
 * Sees a deletion, or a later one that shortens the first. In a pod that runs on, a wall clock by which its time is over
 * is wrong by more than the grace: it counts for nothing, rather than have all work given up at once.
 * @param at both clocks now, and the first sign of the end, which may be older than the news of the deletion.
 */
export function seeDeletion(
  deletion: Deletion,
  before: DeletionSight | undefined,
  at: { readonly nowMs: number; readonly wallMs: number; readonly firstMs: number },
): DeletionSight {
  if (before?.atWallMs === deletion.atWallMs && before.graceMs === deletion.graceMs) return before;
  const fromMs = before === undefined ? at.firstMs : at.nowMs;
  const byWallMs = at.nowMs + deletion.atWallMs - at.wallMs;
  const byGraceMs = fromMs + deletion.graceMs;
  return { ...deletion, byWallMs: byWallMs > at.nowMs ? byWallMs : byGraceMs, byGraceMs };
}

/**
 * When the end is to be over. A deletion says it, by the clock that says less: the API server's and the node's may
 * differ. Else the grace counts from our own hook, else from the signal. Undefined without a sign.
 */
export function planEnd(signs: Signs, terms: Terms): EndPlan | undefined {
  const { hookMs = Infinity, deletionMs = Infinity, signalMs = Infinity } = signs;
  const beganMs = Math.min(hookMs, deletionMs, signalMs);
  if (beganMs === Infinity) return undefined;
  return { beganMs, untilMs: Math.max(beganMs, boundMs(signs, terms), leastMs(signs, terms)) };
}

function boundMs({ deletion, hookMs, signalMs = -Infinity }: Signs, { native, graceMs }: Terms): number {
  if (deletion !== undefined) return Math.min(deletion.byWallMs, deletion.byGraceMs);
  if (hookMs !== undefined) return hookMs + graceMs;
  // who hears of the end only when the application has gone does not know how much of the grace that took
  return native ? signalMs : signalMs + graceMs;
}

function leastMs({ signalMs = -Infinity }: Signs, { native }: Terms): number {
  return native ? signalMs + AFTER_APPLICATION_MS : -Infinity;
}

/** When the second half begins at the latest: a fifth of the time is left. */
export function outboundAtMs({ beganMs, untilMs }: EndPlan): number {
  return untilMs - (untilMs - beganMs) * LAST_SHARE;
}

/** When an application's hook is answered at the latest: a fifth of the time is left, and five seconds. */
export function holdUntilMs({ beganMs, untilMs }: EndPlan): number {
  return untilMs - Math.max((untilMs - beganMs) * LAST_SHARE, APPLICATION_MS);
}
