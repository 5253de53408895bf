import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { assertBalanced, deliver, useCluster } from '../../support/cluster.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { receive } from '../../support/peer.ts';
import { openPush, type PushClient, records } from '../../support/push.ts';
import { chain, startTestRouter, type TestRouter } from '../../support/router.ts';
import { fates, latch } from '../../support/scene.ts';
import type { TestSidecar } from '../../support/sidecar.ts';
import { type SinkService, startSink } from '../../support/stages.ts';
import { waitFor } from '../../support/wait.ts';

failOnLeaks();
const { keep, sidecar } = useCluster();

interface Stand {
  readonly router: TestRouter;
  readonly sink: SinkService;
  readonly a: TestSidecar;
  readonly push: PushClient;
}

/** A source and a sink at one sidecar, and a record through both. */
async function stand(options: Omit<Parameters<typeof startSink>[0], 'name'> = {}): Promise<Stand> {
  const router = keep(await startTestRouter({ 'p.yaml': chain('p') }));
  const sink = keep(await startSink({ name: 'store', ...options }));
  const a = await sidecar('a', router, [sink]);
  const push = openPush(a.grpcPort);
  push.init('src', 'p');
  await deliver(push, 0, 1);
  return { router, sink, a, push };
}

const fromPeer = async (a: TestSidecar, sourceId = 'src'): Promise<string[]> =>
  fates(
    await receive(a.grpcPort, {
      records: records(0, 1, { sourceId }),
      ...{ stageId: 'store', timeoutMs: 30_000 },
    }),
  );
const drained = ({ log }: TestSidecar): unknown => {
  const { inFlight, finished, returned } = log.find(({ message }) => message === 'drained')?.fields ?? {};
  return { inFlight, finished, returned };
};
const sidecarsAt = ({ router }: TestRouter): { registered: number; draining: number } => {
  const { registered, draining } = router.status.figures().sidecars;
  return { registered, draining };
};

/** Calls again and again, as two peers do, so that a busy machine leaves no gap. */
function chatter(call: (sourceId: string) => Promise<string[]>): {
  readonly fates: string[];
  stop(): Promise<unknown>;
} {
  const heard: string[] = [];
  let stopped = false;
  const talk = async (sourceId: string): Promise<void> => {
    while (!stopped) heard.push(...(await call(sourceId)));
  };
  const both = Promise.all([talk('peer-1'), talk('peer-2')]);
  return {
    fates: heard,
    stop() {
      stopped = true;
      return both;
    },
  };
}

const phased = ({ log }: TestSidecar, name: string): boolean =>
  log.some(({ fields }) => fields['phase'] === name);

describe('the end of a sidecar', () => {
  it('serves other sidecars until they are quiet, then sources until what peers sent is done; flushes twice', async () => {
    const doors = { held: latch(), peers: latch() };
    let inSink = 0;
    const { router, sink, a, push } = await stand({
      batch({ batch }) {
        const sourceId = batch?.records[0]?.id?.sourceId ?? '';
        if (sourceId === 'src') return undefined;
        inSink += batch?.records.length ?? 0;
        const { opened } = sourceId === 'held' ? doors.held : doors.peers;
        return opened.then(() => ({ status: 'WRITE_STATUS_SUCCESS' as const }));
      },
    });
    const before = sink.written.length;
    const atFirst = fromPeer(a, 'held');
    await waitFor(() => inSink === 1);
    const peer = chatter((sourceId) => fromPeer(a, sourceId));
    await waitFor(() => inSink === 3);

    const gone = a.shutdown(15_000);
    await waitFor(() => phased(a, 'inbound'));
    doors.peers.open();
    assert.equal((await a.page('/readyz')).status, 503);
    assert.equal((await a.page('/livez')).status, 200);
    await waitFor(() => sidecarsAt(router).draining === 1, { what: 'the router to be told' });
    await peer.stop();
    assert.deepEqual(new Set(peer.fates), new Set(['SUCCESS']));
    const isShut = async (): Promise<boolean> => {
      // who asks more often is not quiet
      await delay(1_100);
      return (await fromPeer(a))[0] === 'RETRY DRAINING';
    };
    await waitFor(isShut, { timeoutMs: 10_000, what: 'the door to be shut' });
    assert.deepEqual(fates(await push.push('late', records(1, 1))), ['SUCCESS']);
    assert.equal(sink.flushes(), 0);

    doors.held.open();
    assert.deepEqual(await atFirst, ['SUCCESS']);
    assert.equal((await push.ended).code, 0);
    await gone;
    assert.equal(sink.flushes(), 2);
    assert.deepEqual(sidecarsAt(router), { registered: 0, draining: 0 });
    assert.deepEqual(drained(a), { inFlight: 3, finished: sink.written.length - before, returned: 0 });
  });

  it('waits for nobody where nothing runs and no other sidecar has called', async () => {
    const { a, push } = await stand();
    await assertBalanced(a);
    await a.shutdown(20_000);
    const { tookMs } = a.log.find(({ message }) => message === 'drained')?.fields ?? {};
    assert.ok(Number(tookMs) < 1_000, String(tookMs));
    assert.equal((await push.ended).code, 0);
    assert.deepEqual(drained(a), { inFlight: 0, finished: 0, returned: 0 });
  });

  it('does not wait for a sink that never flushes, nor forgets the goodbye for it', async () => {
    const { router, a, push } = await stand({ flush: () => new Promise<never>(() => undefined) });
    const gone = a.shutdown(3_000);
    await waitFor(() => phased(a, 'inbound'));
    assert.deepEqual(fates(await push.push('while it flushes', records(1, 1))), ['SUCCESS']);
    await waitFor(() => phased(a, 'outbound'));
    await gone;
    assert.equal((await push.ended).code, 0);
    assert.equal(a.log.filter(({ message }) => message === 'sinks did not flush').length, 2);
    assert.deepEqual(sidecarsAt(router), { registered: 0, draining: 0 });
  });
});
