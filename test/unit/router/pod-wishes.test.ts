import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import type { Member } from '../../../src/router/membership/member.ts';
import { isOpen, leftoverWishes, podWishes } from '../../../src/router/kubernetes/pod-wishes.ts';

const member = (rest: Partial<Member> = {}): Member => ({
  ...{
    sidecarId: 'shop/a',
    podName: 'a',
    namespace: 'shop',
    endpoint: '10.0.0.1:9091',
    services: [],
    labels: {},
  },
  ...{ version: '', instance: 'i', routesHeld: false, registrationId: 'r', renewedAtMs: 0, draining: false },
  ...{ assignmentVersion: 0, health: new Map(), stageTotals: [] },
  load: { cpuUsage: 0, memoryUsage: 0, activeRequests: 2, queueDepth: 40 },
  ...rest,
});
const service = (name: string): Member['services'][number] => ({
  ...{ name, type: 'sink', endpoint: '', labels: {}, protoService: '', maxBatchSize: 0 },
  ...{ maxConcurrentBatches: 0, descriptorHash: '' },
});
const unhealthy = { status: 'unhealthy', activeRequests: 0, message: '' } as const;
const wish = (rest: Partial<Member>, leaseLeftMs = 1) =>
  podWishes([{ member: member(rest), leaseLeftMs }], new Map()).get('shop/a');

describe('what a pod shall show', () => {
  it('is whether its sidecar takes records, and its work in flight', () => {
    assert.deepEqual([wish({})?.status, wish({})?.reason, wish({})?.cost], ['True', 'Registered', 42]);
    assert.equal(wish({ draining: true })?.reason, 'Draining');
    assert.equal(wish({}, -1)?.reason, 'NotHeard');
    const services = [service('x'), service('y')];
    const one = new Map([['x', unhealthy]]);
    assert.equal(wish({ services, health: one })?.status, 'True');
    assert.equal(wish({ services, health: new Map(one).set('y', unhealthy) })?.reason, 'Unhealthy');
  });

  it('goes to the address of the endpoint, of either family, and to what can be a pod', () => {
    assert.equal(wish({})?.host, '10.0.0.1');
    assert.equal(wish({ endpoint: '[fd00::1]:9091' })?.host, 'fd00::1');
    assert.equal(wish({ podName: 'unknown/../x' }), undefined);
    assert.equal(podWishes([{ member: member({ podName: '' }), leaseLeftMs: 1 }], new Map()).size, 0);
  });

  it('is what the one with a token says, of two that claim a pod, and is taken back of one that is gone', () => {
    const identity = { namespace: 'shop', pod: 'a', uid: 'u' };
    const known = [
      { member: member({ identity, endpoint: '10.0.0.1:1' }), leaseLeftMs: 1 },
      { member: member({ sidecarId: 'x', endpoint: '10.0.0.2:1' }), leaseLeftMs: 1 },
    ];
    const wishes = podWishes(known, new Map());
    assert.equal(wishes.get('shop/a')?.host, '10.0.0.1');
    const gone = podWishes([], wishes).get('shop/a');
    assert.deepEqual([gone?.status, gone?.reason, gone?.host], ['False', 'Gone', '10.0.0.1']);
  });

  it('is taken back of what a leader of earlier left, unless more are missing than are there', () => {
    const pod = (name: string, status: 'True' | 'False' = 'True', type = 'conveyor.etl/routing'): Pod => ({
      metadata: { namespace: 'shop', name },
      status: { podIP: '10.0.0.9', conditions: [{ type, status }] },
    });
    const there = podWishes([{ member: member(), leaseLeftMs: 1 }], new Map());
    const all = [pod('a'), pod('b'), pod('c', 'False'), pod('d', 'True', 'Ready')];
    const pods = all.filter(isOpen);
    const { leftover } = leftoverWishes(pods, there);
    assert.deepEqual([...leftover.keys()], ['shop/b']);
    assert.deepEqual([leftover.get('shop/b')?.status, leftover.get('shop/b')?.host], ['False', '10.0.0.9']);
    const many = leftoverWishes([...pods, pod('e')], there);
    assert.deepEqual([many.massLapse, many.leftover.size], [true, 0]);
  });
});
