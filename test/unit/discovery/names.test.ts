import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { baseName, type Nameable, uniqueNames } from '../../../src/sidecar/discovery/contract/names.ts';

const service = (facts: Partial<Nameable> = {}): Nameable => ({
  port: 50_052,
  type: 'transform',
  protoService: 'acme.filters.v2.FilterTransform',
  configured: '',
  ownId: '',
  portName: '',
  container: '',
  ...facts,
});

describe('the name of a service for itself', () => {
  const all = { configured: 'mask-pii', ownId: 'own', portName: 'masking', container: 'app' };
  const order: readonly (readonly [string, Partial<Nameable>])[] = [
    ['mask-pii', all],
    ['own', { ...all, configured: '' }],
    ['masking', { ...all, configured: '', ownId: '' }],
    ['app', { container: 'app' }],
    ['app', { container: 'app', portName: 'grpc' }],
    ['app', { container: 'app', portName: 'grpc-2' }],
    ['filtertransform', {}],
    ['transform', { protoService: 'conveyor.transform.TransformService' }],
    ['service', { protoService: 'acme.Service' }],
    ['greeter', { protoService: 'Greeter' }],
  ];
  for (const [expected, facts] of order)
    it(`is ${expected} of ${JSON.stringify(facts)}`, () => {
      assert.equal(baseName(service(facts)), expected);
    });

  it('passes over what cannot stand in a pipeline', () => {
    for (const ownId of ['', 'a b', 'a/b', 'a\nb', 'a\u0000', 'x'.repeat(129)])
      assert.equal(baseName(service({ ownId, container: 'app' })), 'app');
  });
});

describe('names within a pod', () => {
  it('that clash all get the port, and none keeps the bare name', () => {
    assert.deepEqual(
      uniqueNames([
        service({ port: 50_052, ownId: 'mask' }),
        service({ port: 50_053, ownId: 'mask' }),
        service({ port: 50_054, ownId: 'other' }),
      ]),
      ['mask-50052', 'mask-50053', 'other'],
    );
  });

  it('that clash on one port get the type too', () => {
    assert.deepEqual(
      uniqueNames([
        service({ port: 50_052, configured: 'app', type: 'transform' }),
        service({ port: 50_052, configured: 'app', type: 'sink' }),
        service({ port: 50_053, configured: 'app', type: 'sink' }),
      ]),
      ['app-50052-transform', 'app-50052-sink', 'app-50053'],
    );
  });

  it('that clash on one port and type get the proto service too', () => {
    const names = uniqueNames([
      service({ configured: 'app', protoService: 'acme.A' }),
      service({ configured: 'app', protoService: 'acme.B' }),
    ]);
    assert.deepEqual(names, ['app-50052-transform-acme.A', 'app-50052-transform-acme.B']);
  });

  it('that clash with a name made unique are made unique too', () => {
    const names = uniqueNames([
      service({ port: 1, ownId: 'a' }),
      service({ port: 2, ownId: 'a' }),
      service({ port: 3, ownId: 'a-1' }),
    ]);
    assert.equal(new Set(names).size, 3);
    assert.ok(!names.includes('a') && !names.includes('a-1'), names.join());
  });
});
