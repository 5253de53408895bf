import { ConveyorError } from '../foundation/errors.ts';
import type { Clock } from '../foundation/lifecycle/clock.ts';
import type { Logger } from '../foundation/telemetry/logger.ts';
import type { ClusterClient } from './cluster-client/cluster-client.ts';
import type { DataPath } from './data-path.ts';
import type { DataPlane } from './data-plane/data-plane.ts';
import { drainInbound, drainOutbound, type Leaving, waitUntil } from './shutdown.ts';

/** The one-way street from running to gone. */
export interface Life {
  /** Resolves when someone has asked the sidecar to leave by its admin port. */
  readonly exitRequested: Promise<void>;
  /** Whether it has begun to leave. */
  leaving(): boolean;
  /** Everything runs. @param stop what ends it, once it is drained. */
  started(stop: (signal: AbortSignal) => Promise<void>): void;
  /**
   * What `POST /drainz` does: finishes all pipelines; with exit also leaves.
   * @throws ConveyorError DEADLINE_EXCEEDED when records are still in flight after the grace.
   */
  drain(exit: boolean): Promise<void>;
  /** Drains within the grace, then stops. Idempotent. */
  shutdown(graceMs: number): Promise<void>;
}

/** What lives. */
export interface LifeOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly dataPath: DataPath;
  readonly session: ClusterClient;
  /** Of a drain that someone asks for. */
  readonly graceMs: number;
}

/** What the admin server and the listeners get to close in, once the drain is over. */
const CLOSE_MS = 1_000;

/** The life of a sidecar, from when its parts are made. */
export function lifeOf({ clock, logger, dataPath, session, graceMs: asked }: LifeOptions): Life {
  const { dataPlane, routes, health } = dataPath;
  const { promise: exitRequested, resolve: requestExit } = Promise.withResolvers<undefined>();
  let stop: (signal: AbortSignal) => Promise<void> = () => Promise.resolve();
  let ending: Promise<void> | undefined;
  const leaving: Leaving = {
    clock,
    logger,
    dataPlane,
    setDraining: (reason) => session.setDraining(reason),
    deregister: (reason, signal) => session.leave(reason, signal),
    flushSinks: (timeoutMs) => dataPath.flushSinks(timeoutMs),
  };
  const leave = async (graceMs: number): Promise<void> => {
    const grace = { graceMs, until: clock.now() + graceMs };
    const before = workOf(dataPlane);
    health.set('', 'NOT_SERVING');
    await drainInbound(leaving, grace);
    await drainOutbound(leaving, grace);
    const { finished, returned } = workOf(dataPlane);
    logger.info('drained', {
      inFlight: before.inFlight,
      finished: finished - before.finished,
      returned: returned - before.returned,
    });
  };
  const drainPipelines = async (): Promise<void> => {
    routes.drain([], asked);
    if (!(await waitUntil(clock, clock.now() + asked, () => dataPlane.inFlight() === 0)))
      throw new ConveyorError('DEADLINE_EXCEEDED', 'records are still in flight');
  };
  return {
    exitRequested,
    leaving: () => ending !== undefined,
    started(stopAll) {
      stop = stopAll;
    },
    async drain(exit) {
      if (!exit) return drainPipelines();
      ending ??= leave(asked);
      await ending;
      requestExit(undefined);
    },
    async shutdown(graceMs) {
      ending ??= leave(graceMs);
      await ending;
      await stop(AbortSignal.timeout(CLOSE_MS));
    },
  };
}

/** Copies of records, as the ledger counts them, that are on their way, that came to an end, and that were given back. */
function workOf(dataPlane: DataPlane): { inFlight: number; finished: number; returned: number } {
  const totals = [...dataPlane.report().values()].map(({ ledger }) => ledger.totals);
  return {
    inFlight: dataPlane.inFlight(),
    finished: totals.reduce(
      (sum, { delivered, forwarded, filtered, failed }) => sum + delivered + forwarded + filtered + failed,
      0,
    ),
    returned: totals.reduce((sum, { returned }) => sum + returned, 0),
  };
}
