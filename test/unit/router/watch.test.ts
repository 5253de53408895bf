import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PipelineAssignmentEvent } from '../../../src/foundation/grpc/gen/conveyor/sidecar/PipelineAssignmentEvent.ts';
import type { Feed } from '../../../src/router/api/ports.ts';
import { pump } from '../../../src/router/api/watch.ts';
import { Outbox } from '../../../src/router/assignment/outbox.ts';

/** A stream whose reader takes what it is told to. */
function reader(): {
  readonly written: PipelineAssignmentEvent[];
  slow: boolean;
  catchUp(): void;
  write(event: PipelineAssignmentEvent): boolean;
  once(event: 'drain', listener: () => void): void;
} {
  const drained: (() => void)[] = [];
  return {
    written: [],
    slow: false,
    write(event) {
      this.written.push(event);
      return !this.slow;
    },
    once: (_event, listener) => void drained.push(listener),
    catchUp() {
      for (const listener of drained.splice(0)) listener();
    },
  };
}

function feedOf(outbox: Outbox, held = false): Feed {
  return {
    held,
    whole: () => ({ assignments: outbox.whole(), version: outbox.version }),
    since: (version) => outbox.since(version),
  };
}

const brief = ({ eventType, assignment, synced }: PipelineAssignmentEvent): string =>
  [
    eventType === undefined ? undefined : String(eventType).replace('EVENT_TYPE_', ''),
    assignment?.pipelineId,
    assignment?.stages?.[0]?.stageId,
    synced === true ? 'synced' : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(' ');

const set = (outbox: Outbox, pipelineId: string, stageId: string): boolean =>
  outbox.set(pipelineId, { pipelineId, stages: [{ stageId }] });

describe('a watch', () => {
  it('opens with the whole set, then tells what changes', () => {
    const [stream, outbox] = [reader(), new Outbox()];
    set(outbox, 'p', 'a');
    set(outbox, 'q', 'a');
    const { notify } = pump(stream, feedOf(outbox));
    notify();
    set(outbox, 'p', 'b');
    outbox.set('q', undefined);
    set(outbox, 'r', 'a');
    notify();
    notify();
    assert.deepEqual(stream.written.map(brief), [
      'ASSIGNED p a',
      'ASSIGNED q a synced',
      'UPDATED p b',
      'REVOKED q',
      'ASSIGNED r a',
    ]);
  });

  it('queues nothing for a reader that is behind, and gives it the newest word when it has caught up', () => {
    const [stream, outbox] = [reader(), new Outbox()];
    const { notify } = pump(stream, feedOf(outbox));
    notify();
    stream.slow = true;
    for (let round = 0; round < 100; round++) {
      set(outbox, 'p', `a${round}`);
      set(outbox, 'q', `a${round}`);
      notify();
    }
    assert.deepEqual(stream.written.map(brief), ['synced', 'ASSIGNED p a0']);
    stream.slow = false;
    stream.catchUp();
    assert.deepEqual(stream.written.map(brief).slice(2), ['UPDATED p a99', 'UPDATED q a99']);
  });

  it('says nothing while the router settles, nor after it was stopped', () => {
    const [stream, outbox] = [reader(), new Outbox()];
    pump(stream, feedOf(outbox, true)).notify();
    const { notify, stop } = pump(stream, feedOf(outbox));
    stop();
    set(outbox, 'p', 'a');
    notify();
    assert.deepEqual(stream.written, []);
  });
});
