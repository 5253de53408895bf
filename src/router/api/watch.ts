import type { PipelineAssignmentEvent } from '../../foundation/grpc/gen/conveyor/sidecar/PipelineAssignmentEvent.ts';
import type { Change, Feed } from './ports.ts';

/** The part of a server stream that a watch writes to. */
export interface EventStream {
  /** @returns false when the reader is behind: then not until `drain`. */
  write(event: PipelineAssignmentEvent): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

/** Writes a feed to a stream. */
export interface Pump {
  /** Writes what is new. */
  readonly notify: () => void;
  /** Writes no more. */
  readonly stop: () => void;
}

/**
 * Sends the whole set, its end marked by `synced`, then what changes. While the reader is behind nothing is queued:
 * when it has caught up it gets the newest word on each pipeline.
 */
export function pump(stream: EventStream, feed: Feed): Pump {
  let state: 'unopened' | 'flowing' | 'blocked' | 'stopped' = 'unopened';
  let sent = 0;
  /** @returns whether the reader keeps up. */
  const write = (event: PipelineAssignmentEvent): boolean => {
    const keepsUp = stream.write(event);
    if (!keepsUp && state !== 'blocked') {
      state = 'blocked';
      stream.once('drain', resume);
    }
    return keepsUp;
  };
  const resume = (): void => {
    if (state === 'blocked') state = 'flowing';
    notify();
  };
  /** The whole set is bounded: it is written at once, whatever the reader does. */
  const open = (): void => {
    const { assignments, version } = feed.whole();
    state = 'flowing';
    sent = version;
    for (const event of openingEvents(assignments)) write(event);
  };
  const notify = (): void => {
    if (state === 'unopened' && !feed.held) open();
    if (state !== 'flowing') return;
    for (const change of feed.since(sent)) {
      sent = change.version;
      if (!write(eventOf(change))) return;
    }
  };
  return { notify, stop: () => (state = 'stopped') };
}

function openingEvents(assignments: ReturnType<Feed['whole']>['assignments']): PipelineAssignmentEvent[] {
  if (assignments.length === 0) return [{ synced: true }];
  return assignments.map((assignment, index) => ({
    eventType: 'EVENT_TYPE_ASSIGNED',
    assignment,
    synced: index === assignments.length - 1,
  }));
}

function eventOf({ pipelineId, version, assignment, known }: Change): PipelineAssignmentEvent {
  if (assignment === undefined)
    return { eventType: 'EVENT_TYPE_REVOKED', assignment: { pipelineId, version } };
  return { eventType: known ? 'EVENT_TYPE_UPDATED' : 'EVENT_TYPE_ASSIGNED', assignment };
}
