import assert from 'node:assert/strict';
import { useKeep } from './keep.ts';
import { type PushClient, records } from './push.ts';
import { chain, startTestRouter, type TestRouter } from './router.ts';
import { startTestSidecar, type TestSidecar } from './sidecar.ts';
import { type SinkService, startSink, startTransform, type StageService } from './stages.ts';
import { waitFor } from './wait.ts';

/** A router, and three sidecars at it: of a source, of a transform, of a sink. */
export interface House {
  readonly router: TestRouter;
  readonly sink: SinkService;
  readonly a: TestSidecar;
  readonly b: TestSidecar;
  readonly c: TestSidecar;
}

/** What a test of whole sidecars in this process is made of; all of it is stopped when the test ends. */
export interface Cluster {
  readonly keep: ReturnType<typeof useKeep>;
  /** A sidecar that finds the given services, and nothing else. */
  readonly sidecar: (
    id: string,
    router: Pick<TestRouter, 'address'>,
    services?: readonly StageService[],
  ) => Promise<TestSidecar>;
  /** The chain `src`, `mask`, `store` over three sidecars. @param steps of the pipeline, `mask` unless told. */
  readonly house: (steps?: string[]) => Promise<House>;
}

/** Call it once at the top of a test file. */
export function useCluster(): Cluster {
  const keep = useKeep();
  const sidecar: Cluster['sidecar'] = async (id, router, services = []) => {
    const started = await startTestSidecar({
      SIDECAR_ID: id,
      CLUSTER_ENDPOINT: router.address,
      DISCOVERY_START_PORT: '1',
      DISCOVERY_END_PORT: '1',
      DISCOVERY_PORTS: services.map(({ port }) => port).join(','),
      SERVICE_NAMES: services.map(({ port, service }) => `${port}=${service.name}`).join(','),
    });
    keep({ stop: () => started.shutdown(300) });
    return started;
  };
  return {
    keep,
    sidecar,
    async house(steps = ['mask']) {
      const router = keep(await startTestRouter({ 'p.yaml': chain('p', { steps }) }));
      const mask = keep(await startTransform({ name: 'mask' }));
      const sink = keep(await startSink({ name: 'store' }));
      const a = await sidecar('a', router);
      const b = await sidecar('b', router, [mask]);
      const c = await sidecar('c', router, [sink]);
      return { router, sink, a, b, c };
    },
  };
}

/** Pushes records until every one is acknowledged SUCCESS, as a source must. */
export async function deliver(push: PushClient, from: number, count: number, batch = 10): Promise<void> {
  for (let at = from; at < from + count; at += batch) {
    let left = records(at, Math.min(batch, from + count - at));
    while (left.length > 0) {
      const ack = await push.push(`b${at}-${Math.random()}`, left);
      const again = ack.recordAcks.map(({ status }, index) =>
        status === 'ACK_STATUS_RETRY' ? left[index] : undefined,
      );
      left = again.filter((record) => record !== undefined);
      if (left.length > 0)
        await waitFor(() => push.pauses.at(-1)?.pause !== true, {
          timeoutMs: 20_000,
          what: 'the end of a pause',
        });
    }
  }
}

/** The ledgers of the sidecars add up, and nothing is on its way in them. */
export async function assertBalanced(...sidecars: readonly TestSidecar[]): Promise<void> {
  for (const each of sidecars) {
    assert.equal(await each.metric('conveyor_sidecar_unaccounted_records'), 0);
    assert.equal(await each.metric('conveyor_sidecar_in_flight_records'), 0);
    assert.equal(await each.metric('conveyor_sidecar_in_flight_bytes'), 0);
  }
}
