import assert from 'node:assert/strict';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Client, credentials } from '@grpc/grpc-js';
import { unary } from '../../../src/foundation/grpc/call.ts';
import { type Definitions, serviceDefinition } from '../../../src/foundation/grpc/definitions.ts';
import type { PipelineConfig } from '../../../src/foundation/grpc/gen/conveyor/router/PipelineConfig.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { waitFor } from '../../support/wait.ts';
import { peer, service, shortForm, startRouter, targets, type TestRouter } from './harness.ts';

type Admin = Definitions['conveyor.router.RouterAdmin'];
type Call = <M extends keyof Admin & string>(
  method: M,
  request: Parameters<Admin[M]['requestSerialize']>[0],
) => Promise<ReturnType<Admin[M]['responseDeserialize']>>;

function adminOf(
  test: TestContext,
  { router }: TestRouter,
  prefix: 'conveyor' | 'conveyor_etl' = 'conveyor',
): Call {
  const client = new Client(`127.0.0.1:${router.port}`, credentials.createInsecure());
  test.after(() => client.close());
  const definition = serviceDefinition('conveyor.router.RouterAdmin', prefix);
  return ((method: keyof Admin & string, request: never) =>
    unary(client, definition[method] as never, request, { timeoutMs: 5_000 })) as Call;
}

const FORK: PipelineConfig = {
  id: 'default/fork',
  name: 'A fork',
  description: 'two ways',
  enabled: true,
  metadata: { team: 'x' },
  stages: [
    { id: 'in', stageType: 'STAGE_TYPE_SOURCE', serviceSelector: { serviceName: 'in-source' } },
    {
      id: 'a',
      stageType: 'STAGE_TYPE_SINK',
      serviceSelector: { serviceName: 'a-sink', labels: { zone: 'x' } },
    },
    { id: 'b', stageType: 'STAGE_TYPE_SINK', serviceSelector: { serviceName: 'b-sink' } },
  ],
  edges: [
    { fromStage: 'in', toStage: 'a' },
    { fromStage: 'in', toStage: 'b' },
  ],
};

describe('RouterAdmin', () => {
  failOnLeaks();

  it('creates, shows, updates, disables and deletes a pipeline as a file, and sidecars follow', async (test) => {
    const router = await startRouter(test);
    const admin = adminOf(test, router);
    const sidecar = peer(test, router, 'a');
    await sidecar.register([service('in-source'), service('b-sink')]);
    const watch = sidecar.watch();
    await watch.synced();

    const created = await admin('CreatePipeline', { config: FORK });
    assert.deepEqual([created.success, created.error, created.pipelineId], [true, '', 'default/fork']);
    await waitFor(() => watch.held.has('default/fork'));
    assert.deepEqual(targets(watch.held.get('default/fork')!), {
      in: 'local ',
      a: 'nowhere',
      b: 'local 127.0.0.1:50006',
    });
    assert.deepEqual(await readdir(router.directory), ['default.fork.yaml']);
    assert.match((await admin('CreatePipeline', { config: FORK })).error, /exists already/);

    const shown = await admin('GetPipeline', { pipelineId: 'fork' });
    assert.equal(shown.found, true);
    assert.deepEqual(
      [shown.config?.name, shown.config?.description, shown.config?.metadata, shown.config?.edges.length],
      ['A fork', 'two ways', { team: 'x' }, 2],
    );
    assert.deepEqual(shown.config?.stages[1]?.serviceSelector?.labels, { zone: 'x' });

    const narrower = { ...FORK, stages: FORK.stages!.slice(0, 2), edges: FORK.edges!.slice(0, 1) };
    const updated = await admin('UpdatePipeline', { pipelineId: 'default/fork', config: narrower });
    assert.deepEqual([updated.success, updated.error], [true, '']);
    assert.ok(updated.version >= shown.status!.version);
    await waitFor(() => watch.held.get('default/fork')?.stages.length === 2);

    assert.equal((await admin('DisablePipeline', { pipelineId: 'fork' })).success, true);
    await waitFor(() => watch.held.size === 0);
    assert.equal((await admin('ListPipelines', {})).pipelines.length, 0);
    assert.equal((await admin('ListPipelines', { includeDisabled: true })).pipelines[0]?.enabled, false);
    assert.equal((await admin('EnablePipeline', { pipelineId: 'fork' })).success, true);
    await waitFor(() => watch.held.size === 1);

    assert.equal((await admin('DeletePipeline', { pipelineId: 'fork' })).success, true);
    await waitFor(() => watch.held.size === 0);
    assert.deepEqual(await readdir(router.directory), []);
    assert.match((await admin('DeletePipeline', { pipelineId: 'fork' })).error, /no pipeline default\/fork/);
    assert.equal((await admin('GetPipeline', { pipelineId: 'fork' })).found, false);
  });

  it('refuses what cannot run, and writes nothing', async (test) => {
    const router = await startRouter(test);
    const admin = adminOf(test, router, 'conveyor_etl');
    const refusal = async (change: PipelineConfig): Promise<string> => {
      const { success, error } = await admin('CreatePipeline', { config: { ...FORK, ...change } });
      assert.equal(success, false);
      return error;
    };
    const [source, ...sinks] = FORK.stages!;
    assert.match(
      await refusal({ edges: [...FORK.edges!, { fromStage: 'in', toStage: 'x' }] }),
      /"x" that is not in stages/,
    );
    assert.match(await refusal({ edges: FORK.edges!.slice(1) }), /no source reaches stage "a"/);
    assert.match(
      await refusal({ edges: [{ ...FORK.edges![0], condition: { recordType: 'x' } }, FORK.edges![1]!] }),
      /condition of edge/,
    );
    assert.match(
      await refusal({ stages: [{ ...source, routingRules: [{ name: 'r' }] }, ...sinks] }),
      /routingRules/,
    );
    assert.match(
      await refusal({ stages: [{ ...source, stageType: 'STAGE_TYPE_UNSPECIFIED' }, ...sinks] }),
      /has no stage_type/,
    );
    assert.match(await refusal({ id: '../../etc/x' }), /is not <namespace>\/<name>/);
    assert.match(await refusal({ id: '../x' }), /must be a DNS/);
    assert.match((await admin('CreatePipeline', {})).error, /config is missing/);
    assert.deepEqual(await readdir(router.directory), []);
  });

  it('keeps what a config cannot say, and the neighbours in the file', async (test) => {
    const file = `# our transform\napiVersion: conveyor.etl/v1
kind: Transform
metadata: { name: mask }
spec: { config: { mode: strict } } # strict on purpose
---
apiVersion: conveyor.etl/v1
kind: Pipeline
metadata: { name: p, labels: { team: x } }
spec: { source: in, steps: [mask], sink: out, ordering: none, dlq: { sink: d } }
`;
    const router = await startRouter(test, { 'all.yaml': file });
    const admin = adminOf(test, router);
    const { config } = await admin('GetPipeline', { pipelineId: 'p' });
    const { success, error } = await admin('UpdatePipeline', { config: { ...config!, description: 'new' } });
    assert.deepEqual([success, error], [true, '']);
    const text = await readFile(join(router.directory, 'all.yaml'), 'utf8');
    assert.match(
      text,
      /# our transform[\s\S]*# strict on purpose[\s\S]*description: new[\s\S]*ordering: none[\s\S]*dlq/,
    );
    const { initialAssignments } = await peer(test, router, 'a').register([
      service('mask', { serviceType: 'SERVICE_TYPE_TRANSFORM' }),
    ]);
    assert.deepEqual(initialAssignments[0]?.stages[1]?.config, { mode: 'strict' });
    assert.equal(initialAssignments[0].ordering, 'ORDERING_NONE');
    await admin('DeletePipeline', { pipelineId: 'p' });
    assert.match(await readFile(join(router.directory, 'all.yaml'), 'utf8'), /kind: Transform/);
  });

  it('follows the directory; a broken file is reported and changes nothing that runs', async (test) => {
    const router = await startRouter(test, { 'p.yaml': shortForm('p', ['in-source', 'out-sink']) });
    const sidecar = peer(test, router, 'a');
    await sidecar.register([service('in-source')]);
    const watch = sidecar.watch();
    await watch.synced();
    const generation = (): number | undefined => watch.held.get('default/p')?.generation;
    const first = generation();
    const statusz = (): { manifestProblems?: string[]; pipelines?: { id: string }[] } =>
      router.router.status.statusz();

    await router.write(
      'p.yaml',
      'apiVersion: conveyor.etl/v1\nkind: Pipeline\nmetadata: { name: p }\nspec: { source: [x }\n',
    );
    await waitFor(() => statusz().manifestProblems?.some((each) => each.includes('p.yaml:4: ')));
    assert.equal(generation(), first);
    await router.write('also.yaml', shortForm('p', ['in-source', 'else-sink']));
    await waitFor(() =>
      statusz().manifestProblems?.some((each) => each.includes('also.yaml:1: Pipeline default/p is already')),
    );
    assert.equal(generation(), first);
    assert.match(
      await router.registry.metrics(),
      /conveyor_router_manifest_problems\{severity="error"\} [1-9]/,
    );

    await router.write('p.yaml', shortForm('p', ['in-source', 'mask-transform', 'out-sink']));
    await waitFor(() => generation() !== first);
    await rm(join(router.directory, 'p.yaml'));
    await waitFor(() => watch.held.get('default/p')?.stages[1]?.serviceName === 'else-sink');
    await rm(join(router.directory, 'also.yaml'));
    await waitFor(() => watch.held.size === 0);
    assert.deepEqual(statusz().manifestProblems, []);
  });

  it('keeps what ran when the directory goes away, and sees when it is back', async (test) => {
    const router = await startRouter(test, { 'p.yaml': shortForm('p', ['in-source', 'out-sink']) });
    const admin = adminOf(test, router);
    const away = `${router.directory}-away`;
    await rename(router.directory, away);
    await assertEventually(
      () => router.router.status.statusz()['manifestProblems'],
      /what ran goes on/,
      admin,
    );
    assert.equal((await admin('ListPipelines', {})).pipelines.length, 1);
    await rename(away, router.directory);
    await assertEventually(() => router.router.status.statusz()['manifestProblems'], /^\[\]$/, admin);
  });

  it('says how the cluster is, and gives its metrics', async (test) => {
    const router = await startRouter(test, {
      'p.yaml': shortForm('p', ['in-source', 'mask-transform', 'out-sink']),
    });
    const admin = adminOf(test, router);
    const sidecar = peer(test, router, 'a');
    await sidecar.register([
      service('in-source'),
      service('out-sink', { serviceType: 'SERVICE_TYPE_TRANSFORM' }),
    ]);
    await sidecar.heartbeat({
      load: { cpuUsage: 0.5 },
      stageStats: [
        { pipelineId: 'default/p', stageId: 'in-source', records: 7, buffered: 2, errors: 1, latencyMs: 3 },
      ],
    });
    const { status } = await admin('GetPipeline', { pipelineId: 'p' });
    assert.deepEqual(status?.stageStatuses['in-source'], {
      recordsProcessed: 7,
      recordsBuffered: 2,
      errors: 1,
      avgLatencyMs: 3,
    });
    assert.equal((await admin('DisablePipeline', { pipelineId: 'p' })).pendingRecords, 2);
    await admin('EnablePipeline', { pipelineId: 'p' });
    const cluster = await admin('GetClusterStatus', {});
    assert.equal(cluster.nodes[0]?.address, `127.0.0.1:${router.router.port}`);
    assert.equal(cluster.health, 'CLUSTER_HEALTH_DEGRADED', 'it settles');
    const { metrics } = await admin('GetMetrics', { metricNames: ['conveyor_router_sidecars'] });
    assert.deepEqual(metrics['conveyor_router_sidecars{state="registered"}'], 1);

    const { pipelines, sidecars } = router.router.status.statusz() as {
      pipelines: { conditions: { type: string; stageId: string }[]; stages: Record<string, unknown>[] }[];
      sidecars: Record<string, unknown>[];
    };
    assert.deepEqual(
      pipelines[0]?.conditions.map(({ type, stageId }) => `${type} ${stageId}`),
      ['STAGE_MISSING mask-transform', 'STAGE_MISSING out-sink', 'TYPE_MISMATCH out-sink'],
    );
    assert.equal(pipelines[0].stages[0]?.['recordsProcessed'], 7);
    assert.equal((sidecars[0]?.['load'] as { cpuUsage: number }).cpuUsage, 0.5);
    assert.match(
      await router.registry.metrics(),
      /pipeline_conditions\{pipeline="default\/p",type="STAGE_MISSING"\} 2/,
    );
  });
});

/** A directory that was moved sends no event: an admin call that looks makes the router look. */
async function assertEventually(read: () => unknown, pattern: RegExp, admin: Call): Promise<void> {
  await waitFor(
    async () => {
      await admin('CreatePipeline', { config: { ...FORK, id: 'x', stages: [] } });
      return pattern.test(JSON.stringify(read()));
    },
    { timeoutMs: 8_000 },
  );
}
