import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { PipelineAssignment__Output } from '../../src/foundation/grpc/gen/conveyor/sidecar/PipelineAssignment.ts';
import { type Graph, graphOf } from '../../src/sidecar/routing/graph.ts';
import { assignment, type StageSpec } from '../support/path.ts';

type Stages = PipelineAssignment__Output['stages'];

const nowhere = (): undefined => undefined;

/** What records do on a graph: where each source leads, and each stage. */
function ways({ sources, stages }: Graph): Record<string, readonly string[]> {
  return Object.fromEntries([
    ...sources.map(({ id, next }) => [`source ${id}`, [...next].sort()] as const),
    ...[...stages.values()].map(({ id, next }) => [id, [...next].sort()] as const),
  ]);
}

const shuffledBy = <T>(items: readonly T[], weights: readonly number[]): T[] =>
  items
    .map((item, i) => ({ item, weight: weights[i % weights.length] ?? 0 }))
    .sort((a, b) => a.weight - b.weight)
    .map(({ item }) => item);
const weights = fc.array(fc.nat(), { minLength: 40, maxLength: 40 });

/** Stages as a router without our extensions lists them: no type, no edges, ids repeated. */
function bare(ids: readonly string[]): PipelineAssignment__Output {
  const listed = assignment(
    'default/p',
    ids.map((id): StageSpec => ({ id, type: 'sink', replicas: [{ sidecarId: id, port: 1 }] })),
    [],
    { version: 0, generation: 0, sourceStageIds: [] },
  );
  const stages = listed.stages.map((stage) => ({
    ...stage,
    serviceName: '',
    serviceType: 'SERVICE_TYPE_UNSPECIFIED' as const,
  }));
  return { ...listed, stages };
}

describe('the graph of an assignment', () => {
  const name = fc.string({
    minLength: 1,
    maxLength: 4,
    unit: fc.constantFrom('a', 'B', '-', '0', 'é', '😀'),
  });

  it('is the same chain whatever order the stages are listed in, and however often', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { minLength: 1, maxLength: 5 }),
        fc.uniqueArray(name, { minLength: 1, maxLength: 3 }),
        weights,
        (transforms, sinks, order) => {
          const ids = [
            ...transforms.map((n) => `${n}-transform`),
            ...sinks.map((n) => `${n}-SINK`),
            'my-source',
          ];
          const inBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
          const chain = [
            ...ids.slice(0, transforms.length).sort(inBytes),
            ...ids.slice(transforms.length, -1).sort(inBytes),
          ];
          const graph = graphOf(bare(shuffledBy([...ids, ...ids], order)), nowhere);
          assert.equal(graph.fault, undefined);
          assert.deepEqual(ways(graph), {
            'source my-source': [chain[0]],
            ...Object.fromEntries(chain.map((id, i) => [id, chain.slice(i + 1, i + 2)])),
          });
          assert.deepEqual(graph.notes, transforms.length > 1 ? ['ORDER_BY_NAME'] : []);
          assert.equal(graph.key, graphOf(bare(ids), nowhere).key, 'and not a new definition');
        },
      ),
      { numRuns: 300 },
    );
  });

  it('lets every source of a chain lead to what follows the sources', () => {
    const graph = graphOf(bare(['b-source', 'k-sink', 'a-source', 't-transform']), nowhere);
    assert.deepEqual(ways(graph), {
      'source a-source': ['t-transform'],
      'source b-source': ['t-transform'],
      't-transform': ['k-sink'],
      'k-sink': [],
    });
  });

  it('starts a chain whose source is not listed at its first stage', () => {
    const graph = graphOf(bare(['k-sink', 't-transform']), nowhere);
    assert.deepEqual(ways(graph)['source '], ['t-transform']);
  });

  it('reads a type from service_type, else the local service, else the last word in the id', () => {
    const typed = (stage: Partial<Stages[number]>, at?: 'sink' | 'transform'): string | undefined => {
      const listed = bare(['x', 'last-sink']);
      const graph = graphOf(
        { ...listed, stages: listed.stages.map((each, i) => (i === 0 ? { ...each, ...stage } : each)) },
        (endpoint) => (endpoint === 'here' ? at : undefined),
      );
      return graph.fault?.code ?? graph.stages.get(stage.stageId ?? 'x')?.type;
    };
    const local = { target: 'localEndpoint', localEndpoint: 'here' } as const;
    assert.equal(
      typed({ serviceType: 'SERVICE_TYPE_TRANSFORM', stageId: 'a-sink', ...local }, 'sink'),
      'transform',
    );
    assert.equal(typed({ stageId: 'a-transform', ...local }, 'sink'), 'sink');
    assert.equal(typed({ stageId: 'source-to-Sink-TransForm' }), 'transform');
    assert.equal(typed({ stageId: 'transformSINK' }), 'sink');
    assert.equal(typed({ stageId: 'mask' }), 'STAGE_TYPE_UNKNOWN');
    assert.equal(typed({ stageId: 'mask', ...local }), 'STAGE_TYPE_UNKNOWN');
  });

  it('knows the type of a stage if any of its replicas tells it', () => {
    const listed = bare(['mask', 'mask', 'k-sink']);
    const [first, second, sink] = listed.stages as [Stages[number], Stages[number], Stages[number]];
    const local = { ...second, target: 'localEndpoint', localEndpoint: 'here' } as const;
    const at = (endpoint: string): 'transform' | undefined => (endpoint === 'here' ? 'transform' : undefined);
    for (const stages of [
      [first, local, sink],
      [local, first, sink],
    ]) {
      const graph = graphOf({ ...listed, stages }, at);
      assert.equal(graph.fault, undefined);
      assert.deepEqual(graph.stages.get('mask')?.next, ['k-sink']);
    }
  });

  const three: StageSpec[] = [
    { id: 's', type: 'source' },
    { id: 't', type: 'transform' },
    { id: 'k', type: 'sink' },
  ];

  it('is not run where its edges lead to nowhere, round in a circle, or into a source', () => {
    for (const edges of [
      ['s>t', 't>x'],
      ['s>t', 'x>k'],
      ['s>t', 't>t', 't>k'],
      ['s>t', 't>k', 'k>t'],
      ['s>t', 't>s', 't>k'],
      ['t>k'],
    ])
      assert.equal(
        graphOf(assignment('default/p', three, edges), nowhere).fault?.code,
        'STAGE_TYPE_UNKNOWN',
        edges.join(),
      );
    const second: StageSpec = { id: 's2', type: 'source' };
    const intoSource = graphOf(assignment('default/p', [...three, second], ['s>s2', 's2>t', 't>k']), nowhere);
    assert.equal(intoSource.fault?.code, 'STAGE_TYPE_UNKNOWN', 'nothing is ever sent to a source');
    assert.equal(graphOf(assignment('default/p', three, ['s>t', 't>k', 's>k']), nowhere).fault, undefined);
  });

  it('finds a circle in any graph that has one, and none in one that has not', () => {
    const edge = fc.tuple(fc.nat(7), fc.nat(7)).filter(([a, b]) => a !== b);
    fc.assert(
      fc.property(
        fc.uniqueArray(edge, { maxLength: 14, selector: String }),
        fc.boolean(),
        (edges, acyclic) => {
          const forward = acyclic ? edges.map(([a, b]) => [Math.min(a, b), Math.max(a, b)]) : edges;
          const stages = Array.from({ length: 8 }, (_, i): StageSpec => ({ id: `t${i}`, type: 'transform' }));
          const all = [{ id: 's', type: 'source' } as const, ...stages];
          const names = forward.map(([a, b]) => `t${a}>t${b}`);
          const { fault } = graphOf(assignment('default/p', all, ['s>t0', ...names]), nowhere);
          if (acyclic) assert.equal(fault, undefined);
          // Kahn: what is left when stages without a way in are taken away, again and again
          let left = forward;
          for (let before = -1; before !== left.length;) {
            before = left.length;
            const targets = new Set(left.map(([, to]) => to));
            left = left.filter(([from]) => targets.has(from));
          }
          assert.equal(fault !== undefined, left.length > 0);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is one definition, however a router happens to order what is in it', () => {
    fc.assert(
      fc.property(weights, fc.dictionary(name, name, { maxKeys: 4 }), (order, config) => {
        const stages = three.map((stage) => ({ ...stage, config }));
        const edges = ['s>t', 's>k', 't>k'];
        const one = graphOf(assignment('default/p', stages, edges), nowhere);
        const mixed = Object.fromEntries(shuffledBy(Object.entries(config), order));
        const other = assignment(
          'default/p',
          shuffledBy(
            stages.map((stage) => ({ ...stage, config: mixed })),
            order,
          ),
          shuffledBy(edges, order),
        );
        assert.equal(graphOf(other, nowhere).key, one.key);
        const changed = stages.map((stage) => ({ ...stage, config: { ...config, another: 'one' } }));
        assert.notEqual(graphOf(assignment('default/p', changed, edges), nowhere).key, one.key);
      }),
      { numRuns: 100 },
    );
  });
});
