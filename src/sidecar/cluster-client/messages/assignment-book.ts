import type { PipelineAssignmentEvent__Output } from '../../../foundation/grpc/gen/conveyor/sidecar/PipelineAssignmentEvent.ts';
import type { SidecarCommand__Output } from '../../../foundation/grpc/gen/conveyor/sidecar/SidecarCommand.ts';
import type { ClusterClientMetrics } from '../metrics.ts';
import type { ClusterClientOptions } from '../options.ts';
import type { Routes } from '../ports.ts';
import {
  assigned,
  type Assignments,
  NO_ASSIGNMENTS,
  registered,
  revoked,
  synced,
  watchOpened,
  type WholeSet,
} from './assignments.ts';

/** Takes what the router says, whichever way it comes, to the routes. */
export interface AssignmentBook {
  current(): Assignments;
  registered(set: WholeSet): void;
  watchOpened(): void;
  event(event: PipelineAssignmentEvent__Output): void;
  command(command: SidecarCommand__Output): void;
}

/** The one holder of the assignments. */
export function createAssignmentBook(
  routes: Routes,
  metrics: ClusterClientMetrics,
  tell: ClusterClientOptions['tell'],
): AssignmentBook {
  let current = NO_ASSIGNMENTS;

  const tellDifference = (before: Assignments['held'], after: Assignments['held']): void => {
    const assigned = [...after.keys()].filter((id) => !before.has(id));
    const revoked = [...before.keys()].filter((id) => !after.has(id));
    if (assigned.length > 0) tell?.({ kind: 'assigned', pipelines: assigned });
    if (revoked.length > 0) tell?.({ kind: 'revoked', pipelines: revoked });
  };

  const become = (next: Assignments, drainFirst: boolean): void => {
    const changed = next.held !== current.held;
    const before = current.held;
    const gone = drainFirst ? [...before.keys()].filter((id) => !next.held.has(id)) : [];
    current = next;
    if (!changed) return;
    tellDifference(before, next.held);
    routes.assign([...next.held.values()], new Set(gone));
    metrics.assignments(next.held.size, next.version);
  };
  return {
    current: () => current,
    registered: (set) => become(registered(current, set), true),
    watchOpened: () => become(watchOpened(current), true),
    event({ eventType, assignment, synced: isSynced }) {
      if (assignment !== null) {
        // an event does not say how to end: finish first, which loses nothing
        if (eventType === 'EVENT_TYPE_REVOKED') become(revoked(current, assignment), true);
        else become(assigned(current, assignment), true);
      }
      if (isSynced) become(synced(current), true);
    },
    command({ assign, revoke, drain }) {
      if (assign) become(assigned(current, assign), true);
      else if (revoke) become(revoked(current, revoke), revoke.drainFirst);
      else if (drain) routes.drain(drain.pipelineIds, drain.timeoutMs);
    },
  };
}
