import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConveyorError } from '../../../src/foundation/errors.ts';
import {
  agreedIntervalMs,
  heartbeatRequest,
  nextIntervalMs,
} from '../../../src/sidecar/cluster-client/messages/heartbeat.ts';
import type { SessionService } from '../../../src/sidecar/cluster-client/ports.ts';
import { eitherPrefix } from '../../../src/sidecar/cluster-client/link/prefixes.ts';
import {
  localServices,
  registeredName,
  servicesKey,
} from '../../../src/sidecar/cluster-client/messages/registration.ts';
import { afterFailure, type Registered } from '../../../src/sidecar/cluster-client/session/state.ts';

function service(name: string, given: Partial<SessionService> = {}): SessionService {
  return {
    name,
    type: 'transform',
    endpoint: '127.0.0.1:1',
    protoService: '',
    container: '',
    port: 1,
    maxBatchSize: 0,
    maxConcurrentBatches: 0,
    descriptorHash: '',
    health: 'healthy',
    healthMessage: '',
    activeRequests: 0,
    labels: {},
    ...given,
  };
}

describe('names at a router', () => {
  it('are what they are at ours', () => {
    assert.equal(registeredName(service('mask'), true), 'mask');
  });
  it('end in the word of their type at a bare one', () => {
    assert.equal(registeredName(service('mask'), false), 'mask-transform');
    assert.equal(registeredName(service('MaskTransform'), false), 'MaskTransform');
    assert.equal(registeredName(service('transform-db', { type: 'sink' }), false), 'transform-db-sink');
    assert.equal(registeredName(service('gate', { type: 'source' }), false), 'gate-source');
  });
});

describe('the key of the local services', () => {
  it('does not depend on order, health or load', () => {
    const one = [service('a'), service('b')];
    const other = [service('b', { health: 'unhealthy', activeRequests: 9 }), service('a')];
    assert.equal(servicesKey(localServices(one, true)), servicesKey(localServices(other, true)));
  });
  it('changes with what a router routes by', () => {
    const key = (given: Partial<SessionService>): string =>
      servicesKey(localServices([service('a', given)], true));
    const keys = [
      key({}),
      key({ endpoint: 'x:1' }),
      key({ descriptorHash: 'h' }),
      key({ labels: { a: 'b' } }),
    ];
    assert.equal(new Set(keys).size, keys.length);
  });
});

describe('a heartbeat', () => {
  const load = {
    load: () => ({ cpuUsage: 0, memoryUsage: 0, activeRequests: 0, queueDepth: 0 }),
    stageStats: () => [],
  };
  it('has the own fields of the protocol alone for a bare router', () => {
    const request = heartbeatRequest({
      sidecarId: 's',
      services: [service('mask', { health: 'degraded' })],
      load,
    });
    assert.deepEqual(Object.keys(request), ['sidecarId', 'serviceHealth', 'load']);
    assert.deepEqual(request.serviceHealth, [
      { serviceName: 'mask-transform', healthy: true, activeRequests: 0 },
    ]);
  });
});

describe('the interval of the heartbeats', () => {
  it('is the shorter of the two, and ours where the router names none', () => {
    assert.equal(agreedIntervalMs(5_000, 2_000), 2_000);
    assert.equal(agreedIntervalMs(5_000, 9_000), 5_000);
    assert.equal(agreedIntervalMs(5_000, 0), 5_000);
  });
  it('is replaced by what an answer asks for, within reason', () => {
    assert.equal(nextIntervalMs(5_000, 0), 5_000);
    assert.equal(nextIntervalMs(5_000, 20_000), 20_000);
    assert.equal(nextIntervalMs(5_000, 1), 100);
    assert.equal(nextIntervalMs(5_000, 2 ** 32 - 1), 3_600_000);
  });
});

describe('after a failure', () => {
  const addresses = ['a', 'b'];
  const registered: Registered = {
    kind: 'registered',
    address: 'b',
    registrationId: 'r',
    extensions: true,
    settling: false,
    routerVersion: '',
    heartbeatIntervalMs: 1,
    confirmed: true,
    attempt: 3,
    registeredAtMs: 0,
    registerAtMs: Infinity,
    servicesKey: '',
    labels: {},
  };
  it('the router that was there is dialled first', () => {
    assert.deepEqual(afterFailure(registered, addresses), { kind: 'connecting', address: 'b', attempt: 0 });
  });
  it('one that did not take us is passed over, in turn', () => {
    const next = afterFailure({ kind: 'connecting', address: 'b', attempt: 1 }, addresses);
    assert.deepEqual(next, { kind: 'connecting', address: 'a', attempt: 2 });
    assert.deepEqual(afterFailure({ ...next, kind: 'registering' }, addresses), {
      kind: 'connecting',
      address: 'b',
      attempt: 3,
    });
  });
  it('one that takes registrations but no heartbeat is passed over too, with a longer wait each time', () => {
    assert.deepEqual(afterFailure({ ...registered, confirmed: false }, addresses), {
      kind: 'connecting',
      address: 'a',
      attempt: 4,
    });
  });
  it('who leaves is not called back', () => {
    assert.equal(afterFailure({ kind: 'left' }, addresses).kind, 'left');
  });
});

describe('the two prefixes', () => {
  const unimplemented = new ConveyorError('UNIMPLEMENTED', 'unknown service');
  it('are tried once each, within one deadline', async () => {
    let now = 0;
    const tried: [string, number][] = [];
    const call = (prefix: string, timeoutMs: number): Promise<string> => {
      tried.push([prefix, timeoutMs]);
      now += 30;
      return prefix === 'conveyor' ? Promise.reject(unimplemented) : Promise.resolve('yes');
    };
    const result = await eitherPrefix('conveyor', { timeoutMs: 100, now: () => now }, call);
    assert.deepEqual(result, { prefix: 'conveyor_etl', answer: 'yes' });
    assert.deepEqual(tried, [
      ['conveyor', 100],
      ['conveyor_etl', 70],
    ]);
  });
  it('are not tried for any other fault', async () => {
    let calls = 0;
    const call = (): Promise<string> => {
      calls += 1;
      return Promise.reject(new ConveyorError('UNAVAILABLE', 'gone'));
    };
    await assert.rejects(eitherPrefix('conveyor', { timeoutMs: 1, now: () => 0 }, call), {
      code: 'UNAVAILABLE',
    });
    assert.equal(calls, 1);
  });
});
