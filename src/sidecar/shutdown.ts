import type { Clock } from '../foundation/lifecycle/clock.ts';
import type { Logger } from '../foundation/telemetry/logger.ts';
import type { DataPlane } from './data-plane/data-plane.ts';

/** What the end of a sidecar acts on. */
export interface Leaving {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly dataPlane: DataPlane;
  /** Says to the router that this sidecar drains: at once, and with every heartbeat to the end. */
  readonly setDraining: (reason: string) => Promise<void>;
  readonly deregister: (reason: string, signal: AbortSignal) => Promise<void>;
  /** Resolves to the names of sinks that could not flush. */
  readonly flushSinks: (timeoutMs: number) => Promise<string[]>;
}

/** The time that a shutdown has. */
export interface Grace {
  readonly graceMs: number;
  /** Monotonic milliseconds at which it is over. */
  readonly until: number;
}

/** Peers that have not called for so long have heard that they should not. */
const QUIET_MS = 1_000;
/** How often a phase looks whether it is done. */
const LOOK_MS = 10;
/** Kept for the goodbye and the closing of what is open. */
const CLOSING_SHARE = 0.1;

async function until(clock: Clock, deadline: number, done: () => boolean): Promise<void> {
  while (!done() && clock.now() < deadline) await clock.sleep(Math.min(LOOK_MS, deadline - clock.now()));
}

async function flush({ clock, logger, flushSinks }: Leaving, deadline: number): Promise<void> {
  const unflushed = await flushSinks(Math.max(1, deadline - clock.now()));
  if (unflushed.length > 0) logger.warn('sinks did not flush', { sinks: unflushed });
}

/**
 * The first half: the router sends nobody here any more; other sidecars are still served until none has called for a
 * second (at most a third of the grace), what they sent is finished, and sinks are flushed.
 */
export async function drainInbound(leaving: Leaving, { graceMs, until: end }: Grace): Promise<void> {
  const { clock, dataPlane, setDraining, logger } = leaving;
  const startedAt = clock.now();
  logger.info('draining', { phase: 'inbound', graceMs });
  await Promise.race([setDraining('shutdown'), clock.sleep(Math.max(0, graceMs / 3))]);
  if (dataPlane.lastPeerCall > 0) {
    const isQuiet = (): boolean => clock.now() - Math.max(startedAt, dataPlane.lastPeerCall) >= QUIET_MS;
    await until(clock, Math.min(end, startedAt + graceMs / 3), isQuiet);
  }
  dataPlane.leavePeers();
  await until(clock, end - graceMs * CLOSING_SHARE, () => dataPlane.peerRuns === 0);
  await flush(leaving, end);
}

/**
 * The second half: sources get no more credits, what is in flight is finished, the rest is given back, sinks are
 * flushed, and the router hears the goodbye.
 */
export async function drainOutbound(leaving: Leaving, { graceMs, until: end }: Grace): Promise<void> {
  const { clock, dataPlane, logger, deregister } = leaving;
  logger.info('draining', { phase: 'outbound', leftMs: Math.round(end - clock.now()) });
  const before = dataPlane.inFlight();
  dataPlane.leaveSources();
  await until(clock, end - graceMs * CLOSING_SHARE, () => dataPlane.inFlight() === 0);
  const returned = dataPlane.inFlight();
  if (returned > 0) {
    dataPlane.expire();
    await until(clock, end, () => dataPlane.inFlight() === 0);
  }
  dataPlane.endStreams();
  await flush(leaving, end);
  await deregister('shutdown', AbortSignal.timeout(Math.max(1, Math.round(end - clock.now()))));
  logger.info('drained', { inFlight: before, finished: before - returned, returned });
}
