import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { PodIdentity, Registration } from '../../src/router/membership/member.ts';
import { Membership } from '../../src/router/membership/membership.ts';

const IDS = ['shop/a', 'shop/b', 'loose'];

/** As the gate lets it pass: a token is that of the pod that the id names. */
function identityOf(sidecarId: string): PodIdentity | undefined {
  const [namespace = '', pod] = sidecarId.split('/');
  return pod === undefined ? undefined : { namespace, pod, uid: pod };
}

const step = fc.record({
  kind: fc.constantFrom('register', 'heartbeat', 'deregister'),
  sidecarId: fc.constantFrom(...IDS),
  token: fc.boolean(),
  instance: fc.constantFrom('', 'i1', 'i2'),
  endpoint: fc.constantFrom('10.0.0.1:9091', '10.0.0.2:9091'),
  services: fc.boolean(),
  passedMs: fc.integer({ min: 0, max: 400 }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const LEASE_MS = 1_000;
const service: Registration['services'][number] = {
  name: 's',
  type: 'sink',
  endpoint: '',
  labels: {},
  protoService: '',
  maxBatchSize: 0,
  maxConcurrentBatches: 0,
  descriptorHash: '',
};

function registration({ sidecarId, token, instance, endpoint, services }: Step): Registration {
  return {
    ...{ sidecarId, instance, endpoint, podName: '', namespace: 'shop', labels: {}, version: '' },
    ...{ routesHeld: false, services: services ? [service] : [] },
    identity: token ? identityOf(sidecarId) : undefined,
  };
}

describe('who showed a token', () => {
  it('is never replaced, renewed or sent off by one who shows none, and never kept out', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let ids = 0;
        const membership = new Membership({ leaseMs: LEASE_MS, maxSidecars: 10, newId: () => String(ids++) });
        let nowMs = 0;
        for (const each of steps) {
          nowMs += each.passedMs;
          const before = new Map(membership.members);
          const { sidecarId } = each;
          const identity = each.token ? identityOf(sidecarId) : undefined;
          const who = { sidecarId, registrationId: '', identity };
          const taken =
            each.kind === 'register'
              ? 'member' in membership.register(registration(each), nowMs)
              : each.kind === 'deregister'
                ? membership.deregister(who) !== undefined
                : membership.find(who) !== undefined;
          if (each.kind === 'register' && identity !== undefined) assert.ok(taken, 'its id is its own');
          if (identity !== undefined) continue;
          const proven = [...before.values()].filter((member) => member.identity !== undefined);
          for (const member of proven) assert.equal(membership.members.get(member.sidecarId), member);
          if (proven.some((member) => member.sidecarId === sidecarId)) assert.equal(taken, false);
        }
      }),
      { numRuns: 500 },
    );
  });
});
