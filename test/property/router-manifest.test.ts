import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { definePipelines } from '../../src/router/pipelines/definition.ts';
import { generation } from '../../src/router/pipelines/generation.ts';
import { graphFaults } from '../../src/router/pipelines/graph.ts';
import { parseManifest } from '../../src/router/pipelines/manifest.ts';
import { hasErrors } from '../../src/router/pipelines/problem.ts';

const VALID = `apiVersion: conveyor.etl/v1
kind: Pipeline
metadata: { name: p, labels: { a: b } }
spec:
  stages:
    - { id: s, type: source }
    - { id: a, type: transform, selector: { service: x, labels: { k: v } }, config: { n: 1 } }
    - { id: t, type: sink }
  edges: [{ from: s, to: a }, { from: a, to: t }]
  dlq: { sink: d }
`;

/** Whatever the text, the answer is resources and problems with a line that exists. */
function holds(text: string): void {
  const { resources, problems } = parseManifest(text, 'f');
  const lines = text.split(/\r\n|\r|\n/).length;
  for (const { line = 1, reason } of problems) {
    assert.ok(line >= 1 && line <= lines, `line ${line} of ${lines}: ${reason}`);
    assert.notEqual(reason, '');
  }
  if (hasErrors(problems)) return;
  for (const definition of definePipelines(resources.map(({ resource }) => resource))) {
    assert.deepEqual(graphFaults(definition), []);
    const hash = generation(definition);
    assert.ok(Number.isSafeInteger(hash) && hash > 0);
  }
}

const fragment = fc.constantFrom(
  ...[
    '---\n',
    '&a ',
    '*a',
    '{',
    '}',
    '[',
    ']',
    ': ',
    '- ',
    '\n',
    '  ',
    '? ',
    '!!binary ',
    '!!x ',
    '%YAML 1.1\n',
    '<<: ',
    '|\n',
  ],
  ...[
    '"',
    "'",
    '#',
    '\t',
    '~',
    '__proto__',
    'spec',
    'kind',
    'stages',
    'edges',
    'metadata',
    '0x1',
    '1e999',
    '.nan',
    '2001-01-01',
  ],
);

describe('any text as a manifest', () => {
  it('gives problems, never an exception', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), holds), { numRuns: 300 });
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 40 }), (parts) => holds(parts.join(''))),
      { numRuns: 500 },
    );
  });

  it('survives every cut and every splice of a valid one', () => {
    const cut = fc.record({
      at: fc.nat(VALID.length),
      length: fc.nat(30),
      put: fc.oneof(fragment, fc.string({ maxLength: 8 })),
    });
    fc.assert(
      fc.property(cut, ({ at, length, put }) => holds(VALID.slice(0, at) + put + VALID.slice(at + length))),
      { numRuns: 500 },
    );
  });

  it('reads any values where others are expected', () => {
    const pipeline = fc.record(
      {
        apiVersion: fc.oneof(fc.constant('conveyor.etl/v1'), fc.jsonValue()),
        kind: fc.oneof(fc.constantFrom('Pipeline', 'Sink'), fc.jsonValue()),
        metadata: fc.oneof(fc.constant({ name: 'p' }), fc.jsonValue()),
        spec: fc.oneof(
          fc.record({ source: fc.jsonValue(), sink: fc.constant('t'), steps: fc.jsonValue() }),
          fc.jsonValue(),
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(pipeline, (value) => holds(stringify(value))),
      { numRuns: 300 },
    );
  });

  it('bears nesting deeper than the stack', () => {
    holds('['.repeat(20_000));
    holds(`a: ${'{a: '.repeat(20_000)}`);
    const config = `{ c: ${'['.repeat(3_000)}${']'.repeat(3_000)} }`;
    holds(`apiVersion: conveyor.etl/v1\nkind: Sink\nmetadata: { name: x }\nspec: { config: ${config} }`);
  });
});

describe('any graph', () => {
  it('is refused exactly when it has a cycle or a stage out of reach, and its hash does not see the order', () => {
    const graph = fc.record({
      size: fc.integer({ min: 1, max: 6 }),
      pairs: fc.uniqueArray(fc.tuple(fc.nat(6), fc.integer({ min: 1, max: 6 })), {
        selector: String,
        maxLength: 12,
      }),
    });
    fc.assert(
      fc.property(graph, ({ size, pairs }) => {
        const stages = Array.from({ length: size + 1 }, (_, id) => ({
          id: `n${id}`,
          type: id === 0 ? 'source' : 'transform',
        }));
        const edges = pairs
          .filter(([from, to]) => from <= size && to <= size)
          .map(([from, to]) => ({ from: `n${from}`, to: `n${to}` }));
        const text = (s: unknown[], e: unknown[]): string =>
          stringify({
            apiVersion: 'conveyor.etl/v1',
            kind: 'Pipeline',
            metadata: { name: 'p' },
            spec: { stages: s, edges: e },
          });
        const { resources, problems } = parseManifest(text(stages, edges), 'f');
        assert.equal(hasErrors(problems), !runs(size, edges));
        if (hasErrors(problems)) return;
        const of = (from: typeof resources): number =>
          generation(definePipelines(from.map(({ resource }) => resource))[0]!);
        const turned = parseManifest(text(stages.toReversed(), edges.toReversed()), 'f');
        assert.equal(of(turned.resources), of(resources));
      }),
      { numRuns: 300 },
    );
  });
});

/** By brute force: every node on some walk from n0, and no walk longer than there are nodes. */
function runs(size: number, edges: readonly { from: string; to: string }[]): boolean {
  let walkers = new Set(['n0']);
  const seen = new Set(walkers);
  for (let step = 0; step <= size; step++) {
    walkers = new Set(edges.filter(({ from }) => walkers.has(from)).map(({ to }) => to));
    for (const node of walkers) seen.add(node);
  }
  return walkers.size === 0 && seen.size === size + 1;
}
