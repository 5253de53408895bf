import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertBalanced, deliver, useCluster } from '../../support/cluster.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { openPush, records } from '../../support/push.ts';
import { chain, startTestRouter } from '../../support/router.ts';
import { distinct, range } from '../../support/scene.ts';
import { startSink, startTransform } from '../../support/stages.ts';
import { waitFor } from '../../support/wait.ts';

failOnLeaks();

const { keep, sidecar, house } = useCluster();

describe('three sidecars at a router', () => {
  it('finds, registers, assigns and delivers, with nothing wired by hand', async () => {
    const { sink, a, b, c } = await house();
    const push = openPush(a.grpcPort);
    push.init('src');
    await deliver(push, 0, 200);
    assert.deepEqual(distinct(sink), range(0, 200));
    await assertBalanced(a, b, c);
    assert.equal((await push.finish()).code, 0);
    assert.equal(await a.metric('conveyor_sidecar_records_total', { state: 'forwarded' }), 200);
    assert.equal(
      await c.metric('conveyor_sidecar_records_total', { state: 'delivered' }),
      sink.written.length,
    );
  });

  it('keeps records flowing while the router is gone, and stays ready; a restarted router takes all back', async () => {
    const { router, sink, a, b, c } = await house();
    const push = openPush(a.grpcPort);
    push.init('src');
    await deliver(push, 0, 20);
    await router.halt();
    await waitFor(async () => (await a.statusz()).session.state !== 'registered');
    await deliver(push, 20, 100);
    assert.equal((await a.page('/readyz')).status, 200);
    await router.restart();
    await waitFor(async () =>
      (await Promise.all([a, b, c].map((each) => each.statusz()))).every(
        ({ session }) => session.state === 'registered',
      ),
    );
    await deliver(push, 120, 80);
    assert.deepEqual(distinct(sink), range(0, 200));
    await assertBalanced(a, b, c);
    await push.finish();
  });

  it('starts before the router: not ready, then ready, then records flow', async () => {
    const router = keep(await startTestRouter({ 'p.yaml': chain('p') }));
    await router.halt();
    const sink = keep(await startSink({ name: 'store' }));
    const a = await sidecar('a', router, [sink]);
    assert.equal((await a.page('/readyz')).status, 503);
    assert.equal((await a.page('/livez')).status, 200);
    assert.match((await a.page('/readyz?verbose')).body, /\[-\] registered failed: no router/);
    const push = openPush(a.grpcPort);
    push.init('src', 'p');
    const delivered = deliver(push, 0, 30);
    await router.restart();
    await waitFor(async () => (await a.page('/readyz')).status === 200, { timeoutMs: 10_000 });
    await delivered;
    assert.deepEqual(distinct(sink), range(0, 30));
    await assertBalanced(a);
    await push.finish();
  });

  it('leaves under load without losing or repeating a record: its replica takes over', async () => {
    const { router, sink, a, b } = await house();
    const mask = keep(await startTransform({ name: 'mask' }));
    const b2 = await sidecar('b2', router, [mask]);
    const push = openPush(a.grpcPort);
    push.init('src');
    await deliver(push, 0, 10);
    await waitFor(async () => JSON.stringify((await a.statusz()).routes).includes('b2'));
    const load = deliver(push, 10, 500, 5);
    await b.shutdown(5_000);
    await load;
    assert.deepEqual(distinct(sink), range(0, 510));
    assert.equal(sink.written.length, 510);
    await assertBalanced(a, b2);
    await push.finish();
  });

  it('gives back what it cannot finish: the source sends it again and nothing is lost', async () => {
    const router = keep(await startTestRouter({ 'p.yaml': chain('p') }));
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let first = true;
    const sink = keep(
      await startSink({
        name: 'store',
        batch: () => {
          if (!first) return undefined;
          first = false;
          return held.then(() => ({ status: 'WRITE_STATUS_SUCCESS' as const }));
        },
      }),
    );
    const a = await sidecar('a', router, [sink]);
    await waitFor(async () => (await a.page('/readyz')).status === 200);
    const push = openPush(a.grpcPort);
    push.init('src', 'p');
    const probe = waitFor(() => !first);
    const acked = (async () => {
      for (;;) {
        const ack = await push.push(`b${Math.random()}`, records(0, 5));
        if (ack.recordAcks[0]?.code !== 'PIPELINE_NOT_ASSIGNED') return ack;
        await waitFor(() => push.pauses.at(-1)?.pause !== true);
      }
    })();
    await probe;
    await a.shutdown(800);
    const ack = await acked;
    assert.deepEqual(
      ack.recordAcks.map(({ status, code }) => [status, code]),
      Array(5).fill(['ACK_STATUS_RETRY', 'DEADLINE']),
    );
    assert.equal((await push.ended).code, 0);
    release();
    assert.ok(a.log.some(({ message, fields }) => message === 'drained' && fields['returned'] === 5));
  });

  it('follows a change of the definition while records flow', async () => {
    const { router, sink, a, b, c } = await house([]);
    const push = openPush(a.grpcPort);
    push.init('src');
    await deliver(push, 0, 50);
    const load = deliver(push, 50, 300, 5);
    await router.apply('p.yaml', chain('p', { steps: ['mask'] }));
    await waitFor(async () => (await b.metric('conveyor_sidecar_records_total', { state: 'replaced' })) > 0);
    await load;
    assert.deepEqual(distinct(sink), range(0, 350));
    await assertBalanced(a, b, c);
    await push.finish();
  });
});
