import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decideLapse } from '../../../src/router/membership/lapse.ts';
import type { Member, Service } from '../../../src/router/membership/member.ts';

const SERVICE: Service = {
  name: 'x',
  type: 'sink',
  endpoint: '',
  labels: {},
  protoService: '',
  maxBatchSize: 0,
  maxConcurrentBatches: 0,
  descriptorHash: '',
};

/** A member that has been silent for so long, at 100 s with leases of 15 s. */
function silentFor(seconds: number, rest: Partial<Member> = {}): Member {
  return {
    sidecarId: `silent-${seconds}`,
    podName: '',
    namespace: 'default',
    endpoint: '',
    services: [SERVICE],
    labels: {},
    version: '',
    instance: '',
    routesHeld: false,
    registrationId: '',
    renewedAtMs: 100_000 - seconds * 1_000,
    draining: false,
    assignmentVersion: 0,
    health: new Map(),
    load: { cpuUsage: 0, memoryUsage: 0, activeRequests: 0, queueDepth: 0 },
    stageTotals: [],
    ...rest,
  };
}

function decide(
  members: readonly Member[],
  droppedAtMs: readonly number[] = [],
): { drop: string[]; massLapse: boolean } {
  const { drop, massLapse } = decideLapse({ members, nowMs: 100_000, leaseMs: 15_000, droppedAtMs });
  return { drop: drop.map(({ sidecarId }) => sidecarId), massLapse };
}

describe('lapsed leases', () => {
  it('are ended when few go', () => {
    assert.deepEqual(decide([silentFor(1), silentFor(2), silentFor(16)]), {
      drop: ['silent-16'],
      massLapse: false,
    });
    assert.deepEqual(decide([silentFor(1), silentFor(16)]), { drop: ['silent-16'], massLapse: false });
  });

  it('are kept when more than half go, though they run out one after the other', () => {
    const cutOff = [silentFor(15.1), silentFor(13), silentFor(11)];
    assert.deepEqual(decide([...cutOff, silentFor(1), silentFor(2)]), { drop: [], massLapse: true });
    assert.deepEqual(decide([silentFor(16)]), { drop: [], massLapse: true });
  });

  it('count those that were dropped in the last lease', () => {
    const members = [silentFor(1), silentFor(2), silentFor(16)];
    assert.equal(decide(members, [99_000]).massLapse, false);
    assert.equal(decide(members, [99_000, 98_000]).massLapse, true);
    assert.equal(decide(members, [84_000, 84_000]).massLapse, false);
  });

  it('of those that drain or run nothing tell nothing, and are ended in any case', () => {
    const draining = silentFor(16, { sidecarId: 'draining', draining: true });
    const idle = silentFor(17, { sidecarId: 'idle', services: [] });
    assert.deepEqual(decide([draining, idle]), { drop: ['draining', 'idle'], massLapse: false });
    const cutOff = [silentFor(16), silentFor(15), silentFor(14)];
    assert.deepEqual(decide([...cutOff, draining, idle, silentFor(1)]), {
      drop: ['draining', 'idle'],
      massLapse: true,
    });
  });
});
