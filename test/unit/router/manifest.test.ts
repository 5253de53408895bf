import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { definePipelines } from '../../../src/router/pipelines/definition.ts';
import { generation } from '../../../src/router/pipelines/generation.ts';
import { parseManifest } from '../../../src/router/pipelines/manifest.ts';
import { formatProblem } from '../../../src/router/pipelines/problem.ts';

const SHORT = `
apiVersion: conveyor.etl/v1
kind: Transform
metadata: { name: mask-pii }
spec:
  grpc: { endpoint: mask:50051, proto: mask.proto, tls: { enabled: true } }
  config: { mode: strict, fields: [a, b], depth: 3, on: true }
---
apiVersion: conveyor.etl/v1
kind: Pipeline
metadata: { name: users, namespace: team-a }
spec:
  source: kafka
  steps: [mask-pii, mask-pii, audit]
  sink: store
  dlq: { sink: errors, maxRetries: 3, retryBackoffMs: 100, maxRetryBackoffMs: 1000 }
---
apiVersion: conveyor.etl/v1
kind: Transform
metadata: { name: mask-pii, namespace: team-a }
spec: { service: masker, config: { mode: strict, fields: [a, b], depth: 3, on: true }, grpc: { endpoint: x } }
`;

const problemsOf = (text: string): string[] => parseManifest(text, 'f.yaml').problems.map(formatProblem);

function definitionsOf(text: string): ReturnType<typeof definePipelines> {
  const { resources, problems } = parseManifest(text, 'f.yaml');
  assert.deepEqual(
    problems.filter(({ severity }) => severity === 'error'),
    [],
  );
  return definePipelines(resources.map(({ resource }) => resource));
}

const long = (spec: string): string =>
  `apiVersion: conveyor.etl/v1\nkind: Pipeline\nmetadata: { name: p }\nspec:\n${spec.replace(/^/gm, '  ')}`;

describe('manifests', () => {
  it('reads the short form as a chain with its transforms', () => {
    const [pipeline] = definitionsOf(SHORT);
    assert.equal(pipeline?.id, 'team-a/users');
    assert.deepEqual(
      pipeline.stages.map(({ id, type, serviceName }) => [id, type, serviceName]),
      [
        ['kafka', 'source', 'kafka'],
        ['mask-pii', 'transform', 'masker'],
        ['mask-pii-2', 'transform', 'masker'],
        ['audit', 'transform', 'audit'],
        ['store', 'sink', 'store'],
      ],
    );
    assert.deepEqual(
      pipeline.edges.map(({ from, to }) => `${from}>${to}`),
      ['kafka>mask-pii', 'mask-pii>mask-pii-2', 'mask-pii-2>audit', 'audit>store'],
    );
  });

  it('hands config on: strings as they are, the rest as JSON', () => {
    const [pipeline] = definitionsOf(SHORT);
    assert.deepEqual(pipeline?.stages[1]?.config, {
      mode: 'strict',
      fields: '["a","b"]',
      depth: '3',
      on: 'true',
    });
  });

  it('passes over a resource of another API group, not over one that is nearly ours', () => {
    const of = (apiVersion: string, kind: string): string =>
      `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: x }\n`;
    const { foreign, resources, problems } = parseManifest(
      `${of('apps/v1', 'Deployment')}---\n${SHORT}`,
      'f',
    );
    assert.deepEqual([foreign, resources.length], [1, 3]);
    assert.ok(problems.every(({ severity }) => severity === 'warning'));
    for (const text of [of('conveyor.etl/v1', 'Pipelin'), of('tekton.dev/v1', 'Pipeline'), of('v1', 'List')])
      assert.match(problemsOf(text).join(), /^f\.yaml:\d: (kind|apiVersion) must be/, text);
  });

  it('says what is kept but not acted on', () => {
    const [pipeline] = definitionsOf(SHORT);
    assert.match(pipeline?.notActedOn.join('\n') ?? '', /^dlq: /m);
    assert.match(pipeline?.notActedOn.join('\n') ?? '', /^grpc of Transform mask-pii: /m);
  });

  it('reads the long form', () => {
    const [pipeline] = definitionsOf(
      long(`stages:
- { id: in, type: source }
- { id: a, type: transform, selector: { service: mask, labels: { zone: x } }, config: { k: 1 } }
- { id: out, type: sink }
- { id: out2, type: sink }
edges:
- { from: in, to: a }
- { from: a, to: out }
- { from: a, to: out2 }`),
    );
    assert.deepEqual(pipeline?.stages[1], {
      id: 'a',
      type: 'transform',
      serviceName: 'mask',
      labels: { zone: 'x' },
      config: { k: '1' },
      loadBalance: 'roundRobin',
    });
    assert.equal(pipeline.edges.length, 3);
  });

  it('names line and reason of every mistake at once', () => {
    const text = `apiVersion: conveyor.etl/v1
kind: Pipeline
metadata:
  name: Bad_Name
spec:
  source: s
  steps:
    - ok
    - 7
  sink: t
  enabled: perhaps
`;
    const problems = problemsOf(text);
    assert.equal(problems.length, 3);
    assert.match(problems[0] ?? '', /^f\.yaml:4: metadata\.name: must be a DNS name/);
    assert.match(problems[1] ?? '', /^f\.yaml:11: spec\.enabled: /);
    assert.match(problems[2] ?? '', /^f\.yaml:9: spec\.steps\[1\]: /);
  });

  it('warns of unknown fields and the old apiVersion, and takes the rest', () => {
    const text = `apiVersion: conveyor.router/v1
kind: Pipeline
metadata: { name: p }
spec:
  source: s
  stpes: [a]
  sink: t
`;
    const { resources, problems } = parseManifest(text, 'f.yaml');
    assert.equal(resources.length, 1);
    assert.deepEqual(problems.map(formatProblem), [
      'f.yaml:6: warning: spec.stpes is not a field that is known; ignored',
      'f.yaml:1: warning: apiVersion conveyor.router/v1 is old; write conveyor.etl/v1',
    ]);
  });

  const refused: Record<string, [spec: string, line: number, reason: RegExp]> = {
    'a cycle': [
      `stages:\n- { id: s, type: source }\n- { id: a, type: transform }\n- { id: b, type: transform }
edges:\n- { from: s, to: a }\n- { from: a, to: b }\n- { from: b, to: a }`,
      11,
      /cycle: (a -> b -> a|b -> a -> b)$/,
    ],
    'an edge to an unknown stage': [
      `stages:\n- { id: s, type: source }\n- { id: a, type: sink }\nedges:\n- { from: s, to: a }\n- { from: s, to: x }`,
      10,
      /edge to a stage "x" that is not in stages/,
    ],
    'an unreachable stage': [
      `stages:\n- { id: s, type: source }\n- { id: a, type: sink }\n- { id: b, type: sink }\nedges:\n- { from: s, to: a }`,
      8,
      /no source reaches stage "b"/,
    ],
    'a stage twice': [
      `stages:\n- { id: s, type: source }\n- { id: s, type: sink }\nedges: []`,
      7,
      /stage "s" is listed twice/,
    ],
    'an edge twice': [
      `stages:\n- { id: s, type: source }\n- { id: a, type: sink }\nedges:\n- { from: s, to: a }\n- { from: s, to: a }`,
      10,
      /listed twice/,
    ],
    'an edge condition': [
      `stages:\n- { id: s, type: source }\n- { id: a, type: sink }\nedges:\n- from: s\n  to: a\n  condition: { record_type: x }`,
      11,
      /condition of edge "s" -> "a" is not supported yet/,
    ],
    'routing rules': [
      `stages:\n- { id: s, type: source }\n- id: a\n  type: sink\n  routing_rules: [{ name: x }]`,
      9,
      /routing_rules of "a" are not supported yet/,
    ],
    'both forms at once': [
      `source: s\nsink: t\nstages:\n- { id: s, type: source }`,
      5,
      /not together with spec.stages/,
    ],
    'routing rules of the pipeline': [
      `source: s\nsink: t\nrouting_rules: [{ name: x }]`,
      7,
      /^f\.yaml:7: routing_rules are not supported yet/,
    ],
    'no sink': [`source: s`, 4, /needs a source and a sink/],
    'a source alone': [`stages:\n- { id: s, type: source }`, 6, /no edge leaves source "s"/],
    'a source that leads nowhere': [
      `stages:\n- { id: s, type: source }\n- { id: r, type: source }\n- { id: a, type: sink }\nedges:\n- { from: s, to: a }`,
      7,
      /no edge leaves source "r"/,
    ],
    'no source stage': [`stages:\n- { id: a, type: transform }`, 4, /no stage is of type source/],
  };
  for (const [what, [spec, line, reason]] of Object.entries(refused)) {
    it(`refuses ${what}`, () => {
      const [problem, ...more] = problemsOf(long(spec));
      assert.match(problem ?? '', reason);
      assert.match(problem ?? '', new RegExp(`^f\\.yaml:${line}:`));
      assert.deepEqual(more, []);
    });
  }

  it('refuses what is no manifest, with its line', () => {
    assert.match(problemsOf('a: [')[0] ?? '', /^f\.yaml:1: /);
    assert.match(
      problemsOf('kind: Pipelin\napiVersion: conveyor.etl/v1\nmetadata: {name: x}')[0] ?? '',
      /^f\.yaml:1: kind must be/,
    );
    assert.match(problemsOf('42')[0] ?? '', /^f\.yaml:1: /);
    assert.deepEqual(problemsOf(''), []);
    const bomb =
      'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]';
    assert.equal(problemsOf(bomb).length, 1);
  });
});

describe('generation', () => {
  it('changes with what decides a record’s way, and with nothing else', () => {
    const base = `stages:\n- { id: s, type: source }\n- { id: a, type: transform, config: { x: 1, y: 2 } }\n- { id: t, type: sink }
edges:\n- { from: s, to: a }\n- { from: a, to: t }`;
    const of = (spec: string): number => generation(definitionsOf(long(spec))[0]!);
    const first = of(base);
    assert.equal(of(base.replace('{ x: 1, y: 2 }', '{ y: 2, x: 1 }')), first);
    assert.equal(of(`${base}\ndescription: other\nenabled: false`), first);
    assert.notEqual(of(base.replace('x: 1', 'x: 3')), first);
    assert.notEqual(of(`${base}\nordering: none`), first);
    assert.notEqual(
      of(base.replace('id: a, type: transform', 'id: a, type: transform, selector: { service: b }')),
      first,
    );
  });
});
