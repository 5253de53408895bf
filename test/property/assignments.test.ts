import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { PipelineAssignment__Output } from '../../src/foundation/grpc/gen/conveyor/sidecar/PipelineAssignment.ts';
import {
  assigned,
  type Assignments,
  NO_ASSIGNMENTS,
  revoked,
} from '../../src/sidecar/cluster-client/messages/assignments.ts';

interface Message {
  readonly pipelineId: string;
  readonly version: number;
  readonly revoke: boolean;
}

const apply = (before: Assignments, { pipelineId, version, revoke }: Message): Assignments =>
  revoke
    ? revoked(before, { pipelineId, version })
    : assigned(before, { pipelineId, version } as PipelineAssignment__Output);

/** What a router sent: each message has the next number. */
const sent = fc
  .array(fc.record({ pipelineId: fc.constantFrom('a', 'b', 'c', 'd'), revoke: fc.boolean() }), {
    maxLength: 30,
  })
  .map((messages) => messages.map((each, index): Message => ({ ...each, version: index + 1 })));

describe('numbered assignments', () => {
  it('come to the same in whatever order they arrive, and however often', () => {
    const received = sent.chain((messages) =>
      fc.record({
        messages: fc.constant(messages),
        order: fc.shuffledSubarray(messages, { minLength: messages.length }),
        repeated: fc.subarray(messages),
      }),
    );
    fc.assert(
      fc.property(received, ({ messages, order, repeated }) => {
        const inOrder = messages.reduce(apply, NO_ASSIGNMENTS);
        const inDisorder = [...order, ...repeated].reduce(apply, NO_ASSIGNMENTS);
        const versions = ({ held }: Assignments): [string, number][] =>
          [...held].map(([id, { version }]): [string, number] => [id, version]).sort();
        assert.deepEqual(versions(inDisorder), versions(inOrder));
        assert.equal(inDisorder.version, inOrder.version);
      }),
    );
  });
});
