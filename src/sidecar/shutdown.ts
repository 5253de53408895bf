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
/** The most that peers may go on calling for, and that the flush between the halves may take. */
const INBOUND_SHARE = 1 / 3;
/** Kept for what is given back, the last flush and the goodbye. */
const CLOSING_SHARE = 0.1;

/** Waits for a condition, or until a monotonic time. Resolves to whether it holds. */
export async function waitUntil(clock: Clock, deadline: number, done: () => boolean): Promise<boolean> {
  while (!done() && clock.now() < deadline) await clock.sleep(Math.min(LOOK_MS, deadline - clock.now()));
  return done();
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
  const shareMs = graceMs * INBOUND_SHARE;
  const closingAt = end - graceMs * CLOSING_SHARE;
  logger.info('draining', { phase: 'inbound', graceMs });
  const heard = new AbortController();
  await Promise.race([
    setDraining('shutdown').then(() => heard.abort()),
    clock.sleep(shareMs, heard.signal).catch(() => undefined),
  ]);
  // who has never had a peer need not wait for any to hear of it
  if (dataPlane.lastPeerCall > 0) {
    const isQuiet = (): boolean => clock.now() - Math.max(startedAt, dataPlane.lastPeerCall) >= QUIET_MS;
    await waitUntil(clock, startedAt + shareMs, isQuiet);
  }
  dataPlane.leavePeers();
  await waitUntil(clock, closingAt, () => dataPlane.peerRuns === 0);
  // a sink that hangs must not take the time of the second half
  await flush(leaving, Math.min(closingAt, clock.now() + shareMs));
}

/**
 * The second half: sources get no more credits, what is in flight is finished, the rest is given back, sinks are
 * flushed, and the router hears the goodbye.
 */
export async function drainOutbound(leaving: Leaving, { graceMs, until: end }: Grace): Promise<void> {
  const { clock, dataPlane, logger, deregister } = leaving;
  const leftMs = (): number => end - clock.now();
  const isDone = (): boolean => dataPlane.inFlight() === 0;
  logger.info('draining', { phase: 'outbound', leftMs: Math.round(leftMs()) });
  dataPlane.leaveSources();
  if (!(await waitUntil(clock, end - graceMs * CLOSING_SHARE, isDone))) {
    dataPlane.expire();
    await waitUntil(clock, end, isDone);
  }
  dataPlane.endStreams();
  // the goodbye gets what a sink that hangs leaves
  await flush(leaving, clock.now() + leftMs() / 2);
  await deregister('shutdown', AbortSignal.timeout(Math.max(1, Math.round(leftMs()))));
}
