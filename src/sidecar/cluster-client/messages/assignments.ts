import type { PipelineAssignment__Output } from '../../../foundation/grpc/gen/conveyor/sidecar/PipelineAssignment.ts';

/**
 * What the router wants, as far as it was received in the current registration. Immutable; the functions below give
 * the next value. The rules are those of semantics.md, "Versions".
 */
export interface Assignments {
  readonly held: ReadonlyMap<string, PipelineAssignment__Output>;
  /** The last number applied for each pipeline of this registration, also for those revoked since. */
  readonly versions: ReadonlyMap<string, number>;
  /** The highest number applied in this registration: `assignment_version` of the heartbeats. */
  readonly version: number;
  /** The router does not know everybody yet: what it leaves out is no revocation. */
  readonly settling: boolean;
  /** Pipelines received since the watch was opened, until it has told the whole set. */
  readonly opening: ReadonlySet<string> | undefined;
}

/** A pipeline that shall run here no more. */
export interface Revocation {
  readonly pipelineId: string;
  /** 0 where the router does not number. */
  readonly version: number;
}

/** What a registration answered. */
export interface WholeSet {
  readonly assignments: readonly PipelineAssignment__Output[];
  readonly settling: boolean;
}

/** Before the first registration. */
export const NO_ASSIGNMENTS: Assignments = Object.freeze({
  held: new Map<string, PipelineAssignment__Output>(),
  versions: new Map<string, number>(),
  version: 0,
  settling: false,
  opening: undefined,
});

const byId = (assignments: readonly PipelineAssignment__Output[]): Map<string, PipelineAssignment__Output> =>
  new Map(assignments.map((each) => [each.pipelineId, each]));

/**
 * A new registration: its numbers start afresh, and its set is the whole one. From a router that settles it only
 * adds: a failover never shrinks a route.
 */
export function registered(before: Assignments, { assignments, settling }: WholeSet): Assignments {
  const received = byId(assignments);
  const added = received.size === 0 ? before.held : new Map([...before.held, ...received]);
  return {
    held: settling ? added : received,
    versions: new Map([...received].map(([id, { version }]) => [id, version])),
    version: Math.max(0, ...assignments.map(({ version }) => version)),
    settling,
    opening: undefined,
  };
}

/** Whether a number says something new of a pipeline. Without numbers the last received wins. */
function isNews({ versions }: Assignments, { pipelineId, version }: Revocation): boolean {
  return version === 0 || version > (versions.get(pipelineId) ?? 0);
}

function numbered(before: Assignments, { pipelineId, version }: Revocation): Assignments {
  if (version === 0) return before;
  return {
    ...before,
    versions: new Map(before.versions).set(pipelineId, version),
    version: Math.max(before.version, version),
  };
}

/** One pipeline, new or changed. The same value when it is old news. */
export function assigned(before: Assignments, assignment: PipelineAssignment__Output): Assignments {
  const { pipelineId } = assignment;
  // old news too proves that the pipeline is in the set that the watch opens with
  const opening = before.opening === undefined ? undefined : new Set(before.opening).add(pipelineId);
  if (!isNews(before, assignment)) return opening === undefined ? before : { ...before, opening };
  const held = new Map(before.held).set(pipelineId, assignment);
  return { ...numbered(before, assignment), held, opening };
}

/** One pipeline that ended. The same value when it is old news. */
export function revoked(before: Assignments, revocation: Revocation): Assignments {
  if (!isNews(before, revocation)) return before;
  const held = new Map(before.held);
  held.delete(revocation.pipelineId);
  return { ...numbered(before, revocation), held };
}

/** A watch was opened: the whole set follows. */
export function watchOpened(before: Assignments): Assignments {
  return { ...before, opening: new Set() };
}

/**
 * The watch has told the whole set: a pipeline that was received by no way since it was opened is gone. Not so at a
 * router that settles.
 */
export function synced(before: Assignments): Assignments {
  const { opening } = before;
  if (opening === undefined) return before;
  const kept = [...before.held].filter(([id]) => before.settling || opening.has(id));
  const held = kept.length === before.held.size ? before.held : new Map(kept);
  return { ...before, held, opening: undefined };
}
