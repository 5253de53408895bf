import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Client, credentials, status } from '@grpc/grpc-js';
import { unary } from '../../../src/foundation/grpc/call.ts';
import { PREFIXES, serviceDefinition } from '../../../src/foundation/grpc/definitions.ts';
import type { Leadership } from '../../../src/router/terms.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { recordLog } from '../../support/log.ts';
import { waitFor } from '../../support/wait.ts';
import { peer, service, shortForm, startRouter, targets } from './harness.ts';

const CHAIN = { 'chain.yaml': shortForm('chain', ['in-source', 'out-sink']) };
const ID = 'default/chain';

/** A leadership that a test gives and takes. */
function crown(leads: boolean): Leadership & { set(leads: boolean): void } {
  const listeners = new Set<() => void>();
  return {
    leading: () => leads,
    holder: () => 'router-1',
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set(next) {
      leads = next;
      for (const listener of listeners) listener();
    },
  };
}

function client(test: TestContext, port: number): Client {
  const created = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  test.after(() => created.close());
  return created;
}

const NOT_LEADING = { code: 'UNAVAILABLE', message: /^not the leader: router-1 leads$/ };

describe('a router beside others', () => {
  failOnLeaks();

  it('answers nothing of ours while another leads, under either prefix, and says who does', async (test) => {
    const router = await startRouter(test, CHAIN, { leadership: crown(false) });
    const a = peer(test, router, 'a');
    await assert.rejects(a.register([service('in-source')]), NOT_LEADING);
    await assert.rejects(a.heartbeat(), NOT_LEADING);
    await assert.rejects(a.deregister(), NOT_LEADING);
    const watch = a.watch();
    assert.equal((await waitFor(() => watch.ended())).code, status.UNAVAILABLE);
    const at = client(test, router.router.port);
    for (const prefix of PREFIXES) {
      const { ListPipelines, DeletePipeline } = serviceDefinition('conveyor.router.RouterAdmin', prefix);
      await assert.rejects(unary(at, ListPipelines, {}, { timeoutMs: 2_000 }), NOT_LEADING);
      await assert.rejects(unary(at, DeletePipeline, {}, { timeoutMs: 2_000 }), NOT_LEADING);
    }
    const { Check } = serviceDefinition('grpc.health.v1.Health');
    const health = async (name: string): Promise<unknown> =>
      (await unary(at, Check, { service: name }, { timeoutMs: 2_000 })).status;
    assert.equal(await health(''), 'SERVING');
    assert.equal(await health('conveyor.router.RouterAdmin'), 'NOT_SERVING');
    const { pipelines } = router.router.status.statusz() as { pipelines: { conditions: unknown[] }[] };
    assert.deepEqual(pipelines[0]?.conditions, [], 'who knows nobody finds nothing missing');
  });

  it('begins a term that knows nobody, and ends the watches of the one before', async (test) => {
    const leadership = crown(true);
    const router = await startRouter(test, CHAIN, { leadership, heartbeatIntervalMs: 60_000 });
    const a = peer(test, router, 'a');
    await a.register([service('in-source')]);
    const watch = a.watch();
    await watch.synced();
    leadership.set(false);
    assert.equal((await waitFor(() => watch.ended())).code, status.UNAVAILABLE);
    await assert.rejects(a.heartbeat(), NOT_LEADING);

    leadership.set(true);
    assert.equal((await a.heartbeat()).reregister, true);
    const held = await a.register([service('in-source')], { routesHeld: true });
    assert.deepEqual(
      [held.settling, held.initialAssignments],
      [true, []],
      'a failover never shrinks a route',
    );
    const fresh = await peer(test, router, 'b').register([service('out-sink')]);
    assert.equal(targets(fresh.initialAssignments[0]!)['in-source'], 'a', 'the pipelines are there');
    assert.equal(fresh.initialAssignments[0]?.pipelineId, ID);
  });
});

describe('who holds an id', () => {
  failOnLeaks();

  it('keeps it though it offers nothing yet: two that share one do not take turns', async (test) => {
    const logger = recordLog();
    const router = await startRouter(test, CHAIN, { logger });
    const a = peer(test, router, 'same');
    await a.register([]);
    const b = peer(test, router, 'same');
    const other = { instance: 'other', sidecarEndpoint: 'other:9091' };
    for (let tries = 0; tries < 3; tries++)
      assert.match((await b.register([], other)).error, /^SIDECAR_ID_IN_USE: .*pod-same at same:9091/);
    assert.equal((await a.heartbeat()).acknowledged, true);

    await a.deregister();
    assert.equal((await b.register([], other)).success, true);
    const told = logger.lines.filter(({ message, level }) => message.includes('refus') && level !== 'debug');
    assert.deepEqual(
      told.map(({ level, message, fields }) => [level, message, fields['code'], fields['times']]),
      [
        ['warn', 'registration refused', 'SIDECAR_ID_IN_USE', undefined],
        ['info', 'registration taken after refusals', 'SIDECAR_ID_IN_USE', 3],
      ],
    );
  });
});
