import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useKeep } from '../../support/keep.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { chain, startTestRouter, type TestRouter } from '../../support/router.ts';
import { waitFor } from '../../support/wait.ts';
import { type Harness, type HarnessOptions, service, startHarness } from './harness.ts';

describe('a session with the router of this project', () => {
  failOnLeaks();
  const keep = useKeep();
  const router = async (): Promise<TestRouter> => {
    const pipeline = chain('p', { source: 'gate', steps: ['mask'], sink: 'db' });
    return keep(await startTestRouter({ 'p.yaml': pipeline }));
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
    return keep(await startHarness({ identity, ...options }));
  };
  const where = (harness: Harness, stageId: string): string | undefined => {
    const stage = harness.assignment('default/p')?.stages.find((each) => each.stageId === stageId);
    return stage?.localEndpoint ?? stage?.remoteSidecar?.sidecarId;
  };

  it('is assigned what the pods offer together, follows changes, drains and leaves', async () => {
    const addresses = [(await router()).address];
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
    const at = await router();
    const alone = await pod('alone', {
      addresses: [at.address],
      pod: [
        service('gate', { type: 'source', endpoint: '' }),
        service('mask'),
        service('db', { type: 'sink' }),
      ],
    });
    await waitFor(() => alone.running().length === 1);
    await at.halt();
    await waitFor(() => alone.client.snapshot().failedDials > 1);
    await at.restart();
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
