import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PREFIXES } from '../../../src/foundation/grpc/definitions.ts';
import { startBareRouter } from '../../support/bare-router.ts';
import { useKeep } from '../../support/keep.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { openPush, records } from '../../support/push.ts';
import { distinct, range } from '../../support/scene.ts';
import { startTestSidecar, type TestSidecar } from '../../support/sidecar.ts';
import { startSink, startTransform } from '../../support/stages.ts';
import { waitFor } from '../../support/wait.ts';

failOnLeaks();

const keep = useKeep();

async function sidecar(env: Record<string, string>): Promise<TestSidecar> {
  const started = await startTestSidecar(env);
  keep({ stop: () => started.shutdown(500) });
  return started;
}

const scan = (port: number): Record<string, string> => ({
  DISCOVERY_START_PORT: `${port}`,
  DISCOVERY_END_PORT: `${port}`,
});

for (const prefix of PREFIXES) {
  describe(`at a router without extensions, under ${prefix}`, () => {
    it('runs a chain over two sidecars: found, registered, assigned, and every record at the sink', async () => {
      const router = keep(
        await startBareRouter({
          prefix,
          pipelines: [
            {
              id: 'flights',
              stages: [
                { stageId: 'mask-transform', serviceName: 'mask-transform' },
                { stageId: 'store-sink', serviceName: 'store-sink' },
              ],
            },
          ],
        }),
      );
      const transform = keep(await startTransform({ name: 'mask' }));
      const sink = keep(await startSink({ name: 'store' }));
      const common = { CLUSTER_ENDPOINT: router.address, REREGISTER_INTERVAL: '300ms' };
      const a = await sidecar({ ...common, SIDECAR_ID: 'a', ...scan(transform.port) });
      const b = await sidecar({
        ...common,
        SIDECAR_ID: 'b',
        ...scan(sink.port),
        SERVICE_NAMES: `${sink.port}=store`,
      });
      const assigned = async (): Promise<boolean> =>
        [await a.statusz(), await b.statusz()].every(({ routes }) => routes[0]?.stages.length === 2);
      await waitFor(assigned, { what: () => JSON.stringify(router.registrations.at(-1)) });
      const push = openPush(a.grpcPort);
      push.init('src', 'flights');
      await waitFor(async () => (await push.push(`probe-${Math.random()}`, records(0, 1))).success);
      const acks = await Promise.all(
        Array.from({ length: 10 }, (_, i) => push.push(`b${i}`, records(1 + i * 10, 10))),
      );
      assert.ok(acks.every(({ success }) => success));
      assert.deepEqual(distinct(sink), range(0, 101));
      assert.equal(await a.metric('conveyor_sidecar_unaccounted_records'), 0);
      assert.equal(await b.metric('conveyor_sidecar_unaccounted_records'), 0);
      assert.equal((await push.finish()).code, 0);
      assert.equal((await a.page('/readyz')).status, 200);
    });
  });
}
