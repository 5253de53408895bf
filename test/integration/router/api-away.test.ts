import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CUSTOM_RESOURCES } from '../../../src/router/pipelines/kinds.ts';
import { testCertificates } from '../../support/certificates.ts';
import { useKeep } from '../../support/keep.ts';
import { startKube } from '../../support/kube-api.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { waitFor } from '../../support/wait.ts';
import { service, startHarness } from '../cluster-client/harness.ts';
import { type Replica, startReplica } from './replica.ts';

const SLOW = { timeoutMs: 30_000 };

describe('a sidecar that starts while the API server is away', () => {
  failOnLeaks();
  const keep = useKeep();

  it('has its routes within five seconds of its return', async (test) => {
    const kube = keep(await startKube());
    kube.put(CUSTOM_RESOURCES.Pipeline, {
      metadata: { namespace: 'shop', name: 'p', uid: 'p', generation: 1 },
      spec: { source: 'src', steps: [], sink: 'store' },
    });
    const on = { kube, certificates: keep(testCertificates()) };
    const start = async (pod: string): Promise<Replica> => keep(await startReplica(on, pod));
    const routers = [await start('router-0'), await start('router-1')];
    await waitFor(() => routers.some((each) => each.leads()), SLOW);
    await kube.down();
    await waitFor(() => !routers.some((each) => each.leads()), SLOW);

    const identity = { sidecarId: 'shop/a', podName: 'a', namespace: 'shop', labels: {} };
    const sidecar = keep(
      await startHarness({
        addresses: routers.map(({ port }) => `localhost:${port}`),
        identity: { ...identity, version: '1', instance: 'a' },
        pod: [service('store', { type: 'sink' })],
        timings: { heartbeatIntervalMs: 5_000, backoffBaseMs: 200, backoffMaxMs: 10_000 },
        // the longest waits that the jitter allows
        random: () => 0.999,
      }),
    );
    const dials = (): number => {
      const state = sidecar.client.state();
      return 'attempt' in state ? state.attempt : 0;
    };
    // the backoff has reached its cap, and a wait of that length has just begun
    await waitFor(() => dials() >= 10, SLOW);
    await kube.up();
    const backMs = performance.now();
    await waitFor(() => sidecar.running().join() === 'shop/p', SLOW);
    const tookMs = performance.now() - backMs;
    test.diagnostic(`${Math.round(tookMs)} ms`);
    // 2.4 s at most until one leads, the dial after that; a heartbeat interval would be five seconds
    assert.ok(tookMs < 4_800, `${Math.round(tookMs)} ms`);
  });
});
