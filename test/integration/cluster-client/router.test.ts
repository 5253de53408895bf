import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { ServerCredentials } from '@grpc/grpc-js';
import { Registry } from 'prom-client';
import { systemClock } from '../../../src/foundation/lifecycle/clock.ts';
import type { Logger } from '../../../src/foundation/telemetry/logger.ts';
import { createRouter, type Router } from '../../../src/router/create-router.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { waitFor } from '../../support/wait.ts';
import { type Harness, type HarnessOptions, service, startHarness } from './harness.ts';

const PIPELINE = (name: string, sink: string): string =>
  JSON.stringify({
    apiVersion: 'conveyor.etl/v1',
    kind: 'Pipeline',
    metadata: { name },
    spec: { source: 'gate', steps: ['mask'], sink },
  });

const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT,
};

describe('a session with the router of this project', () => {
  failOnLeaks();
  const closing: { stop(signal: AbortSignal): Promise<void> }[] = [];
  let directory = '';
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pipelines-'));
  });
  afterEach(async () => {
    for (const each of closing.splice(0).reverse()) await each.stop(AbortSignal.abort());
  });
  after(() => rm(directory, { recursive: true }));

  const router = async (port = 0): Promise<Router> => {
    const started = createRouter({
      host: '127.0.0.1',
      port,
      credentials: ServerCredentials.createInsecure(),
      pipelinesDir: directory,
      heartbeatIntervalMs: 100,
      version: '0.1.0',
      clock: systemClock,
      logger: SILENT,
      registry: new Registry(),
    });
    await started.start(new AbortController().signal);
    closing.push(started);
    return started;
  };
  const pod = async (id: string, options: HarnessOptions): Promise<Harness> => {
    const identity = {
      sidecarId: id,
      podName: id,
      namespace: 'default',
      labels: {},
      version: '0.1.0',
      instance: `${id}-1`,
    };
    const started = await startHarness({ identity, ...options });
    closing.push(started);
    return started;
  };
  const where = (harness: Harness, stageId: string): string | undefined => {
    const stage = harness.assignment('default/p')?.stages.find((each) => each.stageId === stageId);
    return stage?.localEndpoint ?? stage?.remoteSidecar?.sidecarId;
  };

  it('is assigned what the pods offer together, follows changes, drains and leaves', async () => {
    await writeFile(join(directory, 'p.yaml'), PIPELINE('p', 'db'));
    const { port } = await router();
    const addresses = [`127.0.0.1:${port}`];
    const near = await pod('near', {
      addresses,
      pod: [service('gate', { type: 'source', endpoint: '' }), service('mask')],
    });
    await waitFor(() => near.running().join() === 'default/p');
    const far = await pod('far', {
      addresses,
      advertised: { port: () => 9092 },
      pod: [service('db', { type: 'sink' })],
    });
    await waitFor(() => where(near, 'db') === 'far', {
      what: () => JSON.stringify(near.assignment('default/p')),
    });
    assert.equal(where(near, 'mask'), '127.0.0.1:50052');
    assert.ok((near.assignment('default/p')?.generation ?? 0) > 0);

    await far.client.setDraining('test');
    await waitFor(() => where(near, 'db') === undefined, { what: 'the drained pod to leave the route' });
    assert.deepEqual(far.running(), ['default/p'], 'it keeps its own route to finish');
    await far.client.leave('test', new AbortController().signal);
  });

  it('keeps its routes through a restart of the router', async () => {
    await writeFile(join(directory, 'p.yaml'), PIPELINE('p', 'db'));
    const first = await router();
    const alone = await pod('alone', {
      addresses: [`127.0.0.1:${first.port}`],
      pod: [
        service('gate', { type: 'source', endpoint: '' }),
        service('mask'),
        service('db', { type: 'sink' }),
      ],
    });
    await waitFor(() => alone.running().length === 1);
    await first.stop(AbortSignal.abort());
    await waitFor(() => alone.client.snapshot().failedDials > 1);
    await router(first.port);
    await waitFor(() => alone.client.snapshot().settling);
    await waitFor(() => !alone.client.snapshot().settling && alone.client.state().kind === 'registered');
    const sets = alone.calls.flatMap((call) => (call.kind === 'assign' ? [call.ids.join()] : []));
    const taken = sets.indexOf('default/p');
    assert.ok(
      sets.slice(taken).every((ids) => ids === 'default/p'),
      `no moment without it: ${sets.join(' ')}`,
    );
  });
});
