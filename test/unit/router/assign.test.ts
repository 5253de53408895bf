import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assignPipeline, type Placement } from '../../../src/router/assignment/assign.ts';
import type { Candidate, OfferedService, PipelineToPlace } from '../../../src/router/assignment/inputs.ts';
import { found } from '../../../src/router/resources/conditions.ts';

const PIPELINE: PipelineToPlace = {
  id: 'n/p',
  namespace: 'n',
  ordering: 'none',
  generation: 7,
  stages: (['source', 'transform', 'sink'] as const).map((type) => ({
    id: type,
    type,
    serviceName: `my-${type}`,
    labels: type === 'transform' ? { zone: 'x' } : {},
    config: { of: type },
    loadBalance: 'leastConnections',
  })),
  edges: [
    { from: 'source', to: 'transform' },
    { from: 'transform', to: 'sink' },
  ],
};

const offer = (name: string, rest: Partial<OfferedService> = {}): OfferedService => ({
  name,
  type: 'unspecified',
  endpoint: '127.0.0.1:50052',
  labels: {},
  descriptorHash: '',
  maxBatchSize: 0,
  maxConcurrentBatches: 0,
  healthy: true,
  ...rest,
});

const sidecar = (
  sidecarId: string,
  services: readonly OfferedService[],
  rest: Partial<Candidate> = {},
): Candidate => ({
  sidecarId,
  namespace: 'n',
  endpoint: `${sidecarId}:9091`,
  draining: false,
  labels: {},
  services,
  ...rest,
});

const said = ({ conditions }: Placement, type: string): string[] =>
  conditions.filter((each) => each.type === type).map(({ message }) => message);

describe('a placement', () => {
  it('says all that a stage is', () => {
    const { assignments, conditions } = assignPipeline(PIPELINE, [
      sidecar('a', [offer('my-source', { endpoint: '' })]),
      sidecar('b', [
        offer('my-transform', { labels: { zone: 'x' }, maxBatchSize: 50, maxConcurrentBatches: 2 }),
      ]),
      sidecar('c', [offer('my-transform', { maxBatchSize: 20 })], { labels: { zone: 'x' } }),
      sidecar('d', [offer('my-sink')]),
    ]);
    const [, transform] = assignments.get('a')?.stages ?? [];
    assert.deepEqual(
      [transform?.maxBatchSize, transform?.maxConcurrentBatches],
      [20, 2],
      'what suits every replica',
    );
    assert.deepEqual(
      [transform?.loadBalance, transform?.config],
      ['LOAD_BALANCE_LEAST_CONNECTIONS', { of: 'transform' }],
    );
    assert.equal(assignments.get('b')?.stages?.[1]?.maxBatchSize, 50, 'its own');
    assert.deepEqual(
      assignments.get('b')?.stages?.[1]?.replicas?.map((each) => each.sidecarId),
      ['c'],
    );
    assert.equal(assignments.get('a')?.stages?.[0]?.localEndpoint, '', 'a source has no server');
    assert.equal(assignments.get('a')?.ordering, 'ORDERING_NONE');
    assert.deepEqual(conditions, []);
  });

  it('is complete in a pod that has everything', () => {
    const all = ['my-source', 'my-transform', 'my-sink'].map((name) =>
      offer(name, { labels: { zone: 'x' } }),
    );
    const { assignments } = assignPipeline(PIPELINE, [sidecar('a', all), sidecar('b', all.slice(1))]);
    assert.equal(assignments.get('a')?.isLocalComplete, true);
    assert.equal(assignments.get('b')?.isLocalComplete, false);
  });

  it('routes to the declared type alone, and tells types, contracts and labels that differ', () => {
    const placement = assignPipeline(PIPELINE, [
      sidecar('a', [
        offer('my-sink', { type: 'transform' }),
        offer('my-transform', { labels: { zone: 'y' } }),
      ]),
      sidecar('b', [offer('my-sink', { descriptorHash: 'one' })]),
      sidecar('c', [offer('my-sink', { descriptorHash: 'two' })]),
      sidecar('d', [offer('my-sink')], { draining: true }),
    ]);
    assert.deepEqual(placement.stages[2]?.usable, ['b', 'c']);
    assert.deepEqual(said(placement, 'TYPE_MISMATCH'), ['"my-sink" is not a sink at a: not routed to']);
    assert.deepEqual(said(placement, 'CONTRACT_MISMATCH'), [
      '"my-sink" has 2 different contracts at b, c, d',
    ]);
    assert.deepEqual(said(placement, 'STAGE_MISSING'), [`"my-transform" lacks the selector's labels at a`]);
    assert.deepEqual(said(placement, 'SOURCE_NOT_CONNECTED').length, 1);
    assert.equal(placement.assignments.has('a'), false);
  });

  it('keeps a sidecar that cannot be reached its own part, and sends nobody to it', () => {
    const { assignments, stages, conditions } = assignPipeline(PIPELINE, [
      sidecar('a', [offer('my-sink', { healthy: false })]),
      sidecar('b', [offer('my-source')]),
    ]);
    assert.equal(assignments.get('a')?.stages?.[2]?.localEndpoint, '127.0.0.1:50052');
    assert.deepEqual(stages[2]?.usable, []);
    assert.equal(assignments.get('b')?.stages?.[2]?.remoteSidecar, undefined);
    assert.equal(conditions.at(-1)?.message, '"my-sink" is draining or unhealthy at a');
  });

  it('tells when records would pass through more sidecars than they can', () => {
    const stages = Array.from({ length: 34 }, (_, index) => ({
      ...PIPELINE.stages[0]!,
      ...{ id: `s${index}`, serviceName: `s${index}`, labels: {} },
      type: index === 0 ? ('source' as const) : index === 33 ? ('sink' as const) : ('transform' as const),
    }));
    const edges = stages.slice(1).map(({ id }, index) => ({ from: `s${index}`, to: id }));
    const chain = { ...PIPELINE, stages, edges };
    const offered = stages.map(({ id, type }) => offer(id, { type }));
    const apart = offered.map((service) => sidecar(`at-${service.name}`, [service]));
    const placement = assignPipeline(chain, apart);
    assert.match(said(placement, 'HOP_LIMIT').join(), /^records would pass through 34 sidecars, .*32 hops/);
    const ready = found(placement.conditions).find(({ type }) => type === 'Ready');
    assert.deepEqual([ready?.status, ready?.reason], ['False', 'HopLimit']);
    const together = [sidecar('both', offered.slice(0, 2)), ...apart.slice(2)];
    assert.deepEqual(assignPipeline(chain, together).conditions, []);
  });
});
