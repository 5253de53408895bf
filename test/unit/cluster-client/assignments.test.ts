import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PipelineAssignment__Output } from '../../../src/foundation/grpc/gen/conveyor/sidecar/PipelineAssignment.ts';
import {
  assigned,
  type Assignments,
  NO_ASSIGNMENTS,
  registered,
  revoked,
  synced,
  watchOpened,
} from '../../../src/sidecar/cluster-client/messages/assignments.ts';

function assignment(pipelineId: string, version: number): PipelineAssignment__Output {
  return {
    pipelineId,
    version,
    isLocalComplete: false,
    stages: [],
    edges: [],
    deadLetter: null,
    ordering: 'ORDERING_UNSPECIFIED',
    sourceStageIds: [],
    generation: 0,
  };
}
const ids = ({ held }: Assignments): string => [...held.keys()].sort().join();
const with1and2 = registered(NO_ASSIGNMENTS, {
  assignments: [assignment('a', 1), assignment('b', 2)],
  settling: false,
});

describe('assignments', () => {
  it('takes a registration as the whole set and starts its numbers afresh', () => {
    const later = registered(assigned(with1and2, assignment('a', 90)), {
      assignments: [assignment('a', 3)],
      settling: false,
    });
    assert.equal(ids(later), 'a');
    assert.equal(later.version, 3);
    assert.equal(ids(assigned(later, assignment('c', 4))), 'a,c');
  });

  it('only adds what a router says that settles', () => {
    const settling = registered(with1and2, { assignments: [], settling: true });
    assert.equal(settling.held, with1and2.held, 'nothing changed');
    assert.equal(settling.version, 0);
    const more = registered(with1and2, { assignments: [assignment('c', 1)], settling: true });
    assert.equal(ids(more), 'a,b,c');
    assert.equal(ids(synced(watchOpened(more))), 'a,b,c');
  });

  it('ignores numbers that are not above the last one of their pipeline, after a revocation too', () => {
    assert.equal(assigned(with1and2, assignment('b', 2)), with1and2);
    assert.equal(revoked(with1and2, { pipelineId: 'a', version: 1 }), with1and2);
    const gone = revoked(with1and2, { pipelineId: 'a', version: 5 });
    assert.equal(ids(gone), 'b');
    assert.equal(ids(assigned(gone, assignment('a', 4))), 'b');
    assert.equal(ids(assigned(gone, assignment('a', 6))), 'a,b');
    assert.equal(assigned(gone, assignment('a', 6)).version, 6);
  });

  it('compares the numbers of one pipeline alone', () => {
    assert.equal(assigned(with1and2, assignment('c', 1)).held.size, 3);
  });

  it('lets the last received win where nothing is numbered', () => {
    const bare = registered(NO_ASSIGNMENTS, { assignments: [assignment('a', 0)], settling: false });
    const next = assignment('a', 0);
    assert.equal(assigned(bare, next).held.get('a'), next);
    assert.equal(ids(revoked(bare, { pipelineId: 'a', version: 0 })), '');
    assert.equal(bare.version, 0);
  });

  it('revokes at the end of an opening what was not in it', () => {
    const opening = assigned(watchOpened(with1and2), assignment('b', 2));
    assert.equal(ids(opening), 'a,b', 'not before the end');
    assert.equal(ids(synced(opening)), 'b');
  });

  it('keeps what came by another way while the watch opened', () => {
    const opening = assigned(watchOpened(with1and2), assignment('new', 7));
    assert.equal(ids(synced(opening)), 'new');
  });

  it('takes an opening without an assignment as the empty set', () => {
    assert.equal(ids(synced(watchOpened(with1and2))), '');
  });

  it('forgets an opening that broke off', () => {
    const broken = assigned(watchOpened(with1and2), assignment('a', 1));
    assert.equal(ids(synced(assigned(watchOpened(broken), assignment('b', 2)))), 'b');
  });

  it('ends nothing by a sync that belongs to no opening', () => {
    assert.equal(synced(with1and2), with1and2);
  });
});
