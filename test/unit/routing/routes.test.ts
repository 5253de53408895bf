import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PipelineAssignment__Output } from '../../../src/foundation/grpc/gen/conveyor/sidecar/PipelineAssignment.ts';
import { systemClock } from '../../../src/foundation/lifecycle/clock.ts';
import { entryOf } from '../../../src/sidecar/routing/entry.ts';
import { Routes } from '../../../src/sidecar/routing/routes.ts';
import {
  EMPTY_TABLE,
  nextTable,
  type RoutingTable,
  withDraining,
} from '../../../src/sidecar/routing/table.ts';
import { recordLog } from '../../support/log.ts';
import { assignment, type StageSpec } from '../../support/path.ts';
import { waitFor } from '../../support/wait.ts';

const NONE: ReadonlySet<string> = new Set();
const sink: StageSpec = { id: 'k', type: 'sink' };
const remoteSource = (id: string): StageSpec => ({
  id,
  type: 'source',
  replicas: [{ sidecarId: 'x', port: 1 }],
});

function pipeline(id: string, version = 1, sources: readonly StageSpec[] = [{ id: 'src', type: 'source' }]) {
  return assignment(
    id,
    [...sources, sink],
    sources.map((source) => `${source.id}>k`),
    { version },
  );
}

function tableOf(
  assignments: readonly PipelineAssignment__Output[],
  previous = EMPTY_TABLE,
  drainFirst = NONE,
): RoutingTable {
  return nextTable(previous, { assignments, drainFirst, typeAt: () => undefined, now: 0 });
}

describe('where a source enters', () => {
  const entered = (table: RoutingTable, sourceId: string, pipelineId = ''): string | undefined => {
    const entry = entryOf(table, { sourceId, pipelineId, namespace: 'ns' });
    return entry && `${entry.route.graph.pipelineId} ${entry.source.id}`;
  };

  it('takes an id as it stands first, then in the own namespace', () => {
    const table = tableOf([pipeline('p'), pipeline('ns/p'), pipeline('ns/q'), pipeline('other/r')]);
    assert.equal(entered(table, 'src', 'p'), 'p src');
    assert.equal(entered(table, 'src', 'ns/p'), 'ns/p src');
    assert.equal(entered(table, 'src', 'q'), 'ns/q src');
    assert.equal(entered(table, 'src', 'r'), undefined);
    assert.equal(entered(table, 'src', 'other/q'), undefined);
  });

  it('without an id: the one pipeline with a source of that name', () => {
    const table = tableOf([pipeline('ns/p'), pipeline('ns/q', 1, [{ id: 'other', type: 'source' }])]);
    assert.equal(entered(table, 'src'), 'ns/p src');
    assert.equal(entered(table, 'other'), 'ns/q other');
    assert.equal(entered(EMPTY_TABLE, 'src'), undefined);
  });

  it('without an id and with several of that name: INVALID_ARGUMENT that lists them', () => {
    const table = tableOf([pipeline('ns/p'), pipeline('ns/q')]);
    assert.throws(() => entered(table, 'src'), { code: 'INVALID_ARGUMENT', message: /"ns\/p", "ns\/q"/ });
  });

  it('without an id and with none of that name: the one pipeline with its source in this pod', () => {
    const elsewhere = pipeline('ns/q', 1, [remoteSource('far')]);
    assert.equal(entered(tableOf([pipeline('ns/p'), elsewhere]), 'unknown'), 'ns/p src');
    assert.equal(entered(tableOf([elsewhere]), 'unknown'), undefined);
    const two = tableOf([pipeline('ns/p'), pipeline('ns/r')]);
    assert.throws(() => entered(two, 'unknown'), { code: 'INVALID_ARGUMENT', message: /"ns\/p", "ns\/r"/ });
  });

  it('at the stage of its name, else at the only one, else INVALID_ARGUMENT that lists them', () => {
    const two = tableOf([
      pipeline('ns/p', 1, [
        { id: 'a', type: 'source' },
        { id: 'b', type: 'source' },
      ]),
    ]);
    assert.equal(entered(two, 'b', 'p'), 'ns/p b');
    assert.throws(() => entered(two, 'c', 'p'), { code: 'INVALID_ARGUMENT', message: /"a", "b"/ });
    assert.equal(entered(tableOf([pipeline('ns/p')]), 'any', 'p'), 'ns/p src');
  });

  it('finds a source by the name of its service too', () => {
    const [stage, ...others] = pipeline('ns/p').stages;
    const named = { ...pipeline('ns/p'), stages: [{ ...stage!, serviceName: 'my-app' }, ...others] };
    assert.equal(entered(tableOf([named, pipeline('ns/q')]), 'my-app'), 'ns/p src');
  });
});

describe('the next table', () => {
  it('replaces the set, and keeps what a drain finishes first', () => {
    const one = tableOf([pipeline('ns/p'), pipeline('ns/q'), pipeline('ns/r')]);
    const two = tableOf([pipeline('ns/p')], one, new Set(['ns/q']));
    assert.deepEqual([...two.routes.keys()].sort(), ['ns/p', 'ns/q']);
    assert.equal(two.routes.get('ns/q')?.draining, true);
    assert.equal(two.routes.get('ns/p')?.draining, false);
    assert.ok(two.version > one.version);
    assert.equal(one.routes.size, 3, 'a table never changes');
  });

  it('ends a drain with the next assignment of the pipeline, not with a repeat of the last', () => {
    const assigned = pipeline('ns/p', 4);
    const draining = withDraining(tableOf([assigned]), ['ns/p']);
    const after = (next: PipelineAssignment__Output) =>
      tableOf([next], draining).routes.get('ns/p')?.draining;
    assert.equal(after(assigned), true, 'another pipeline was assigned');
    assert.equal(after(pipeline('ns/p', 5)), false);
    assert.equal(after(pipeline('ns/p', 0)), false);
  });

  it('keeps the graph of a definition that did not change', () => {
    const one = tableOf([pipeline('ns/p', 1)]);
    const two = tableOf([pipeline('ns/p', 2)], one);
    assert.equal(two.routes.get('ns/p')?.graph, one.routes.get('ns/p')?.graph);
    const changed = tableOf([{ ...pipeline('ns/p', 3), generation: 8 }], two);
    assert.notEqual(changed.routes.get('ns/p')?.graph, one.routes.get('ns/p')?.graph);
  });

  it('joins the places of a stage that is listed several times', () => {
    const [source, at] = assignment(
      'ns/p',
      [
        { id: 'src', type: 'source' },
        { id: 'k', type: 'sink', replicas: [{ sidecarId: 'a', port: 1 }] },
      ],
      ['src>k'],
    ).stages;
    const again = {
      ...at!,
      remoteSidecar: { sidecarId: 'b', endpoint: '127.0.0.1:2', weight: 0 },
      replicas: [],
    };
    const local = { ...at!, target: 'localEndpoint' as const, localEndpoint: '127.0.0.1:9', replicas: [] };
    delete local.remoteSidecar;
    const { placements } = tableOf([
      { ...pipeline('ns/p'), stages: [source!, at!, again, at!, local] },
    ]).routes.get('ns/p')!;
    assert.equal(placements.get('k')?.localEndpoint, '127.0.0.1:9');
    assert.deepEqual(
      placements.get('k')?.replicas.map(({ endpoint }) => endpoint),
      ['127.0.0.1:1', '127.0.0.1:2'],
    );
  });
});

describe('pipelines that go', () => {
  function routesOf(inFlight: () => number): { routes: Routes; expired: string[] } {
    const expired: string[] = [];
    const routes = new Routes({
      clock: systemClock,
      logger: recordLog(),
      namespace: 'ns',
      typeAt: () => undefined,
      drainTimeoutMs: 80,
      work: () => ({ inFlight, expire: (id) => void expired.push(id) }),
      onChange: () => undefined,
    });
    return { routes, expired };
  }
  const gone = (routes: Routes) => waitFor(() => routes.route('ns/p') === undefined, { timeoutMs: 1_000 });

  it('finish what runs first when told to, and are gone then', async () => {
    let inFlight = 3;
    const { routes, expired } = routesOf(() => inFlight);
    routes.assign([pipeline('ns/p')], NONE);
    routes.assign([], new Set(['ns/p']));
    assert.equal(routes.route('ns/p')?.draining, true);
    inFlight = 0;
    await gone(routes);
    assert.deepEqual(expired, []);
  });

  it('give back what does not finish in time', async () => {
    const { routes, expired } = routesOf(() => 1);
    routes.assign([pipeline('ns/p')], NONE);
    routes.assign([], new Set(['ns/p']));
    await gone(routes);
    assert.deepEqual(expired, ['ns/p']);
  });

  it('are gone too when they were draining before they were revoked', async () => {
    for (const drainFirst of [NONE, new Set(['ns/p'])]) {
      const { routes } = routesOf(() => 0);
      routes.assign([pipeline('ns/p')], NONE);
      routes.drain(['ns/p'], 20);
      assert.equal(routes.route('ns/p')?.draining, true);
      routes.assign([], drainFirst);
      await gone(routes);
    }
  });

  it('are gone in time, however often the others are assigned meanwhile', async () => {
    const { routes, expired } = routesOf(() => 1);
    routes.assign([pipeline('ns/p'), pipeline('ns/q')], NONE);
    routes.assign([pipeline('ns/q')], new Set(['ns/p']));
    let version = 1;
    await waitFor(
      () => {
        routes.assign([pipeline('ns/q', ++version)], NONE);
        return routes.route('ns/p') === undefined;
      },
      { timeoutMs: 1_000 },
    );
    assert.deepEqual(expired, ['ns/p']);
  });

  it('come back when they are assigned again while they drain', async () => {
    let inFlight = 1;
    const { routes } = routesOf(() => inFlight);
    routes.assign([pipeline('ns/p', 1)], NONE);
    routes.assign([], new Set(['ns/p']));
    routes.assign([pipeline('ns/p', 3)], NONE);
    assert.equal(routes.route('ns/p')?.draining, false);
    inFlight = 0;
    await new Promise((resolve) => setTimeout(resolve, 120));
    assert.equal(routes.route('ns/p')?.draining, false, 'the drain that was ended does not take it away');
  });
});
