import type { Clock } from '../../foundation/lifecycle/clock.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import { type EndPlan, outboundAtMs } from './plan.ts';
import type { LeavingPlane, LeavingSession } from './ports.ts';
import { waitUntil } from './wait.ts';

/** What the two halves of the drain act on. */
export interface Draining {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly dataPlane: LeavingPlane;
  readonly session: LeavingSession;
  /** Resolves to the names of sinks that could not flush. */
  readonly flushSinks: (timeoutMs: number) => Promise<string[]>;
  /** The plan as it stands: what is learned on the way may change it. */
  readonly plan: () => EndPlan;
}

/** Peers that have not called for so long have heard that they should not. */
const QUIET_MS = 1_000;
/** The most that peers may go on calling for, and that the flush between the halves may take. */
const INBOUND_SHARE = 1 / 3;
/** Kept for what is given back, the last flush and the goodbye. */
const CLOSING_SHARE = 0.1;

async function flush({ clock, logger, flushSinks }: Draining, deadlineMs: number): Promise<void> {
  const unflushed = await flushSinks(Math.max(1, deadlineMs - clock.now()));
  if (unflushed.length > 0) logger.warn('sinks did not flush', { sinks: unflushed });
}

/**
 * The first half: the router sends nobody here any more; other sidecars are still served until none has called for a
 * second (at most a third of the time), what they sent is finished, and sinks are flushed. It leaves a fifth.
 */
export async function drainInbound(draining: Draining): Promise<void> {
  const { clock, dataPlane, session, logger, plan } = draining;
  const startedMs = clock.now();
  const { untilMs } = plan();
  const shareMs = (untilMs - startedMs) * INBOUND_SHARE;
  const endMs = (): number => outboundAtMs(plan());
  logger.info('draining', { phase: 'inbound', leftMs: Math.round(untilMs - startedMs) });
  const heard = new AbortController();
  await Promise.race([
    session.setDraining('shutdown').then(() => heard.abort()),
    clock.sleep(Math.max(0, shareMs), heard.signal).catch(() => undefined),
  ]);
  // who has never had a peer need not wait for any to hear of it
  if (dataPlane.lastPeerCall > 0) {
    const isQuiet = (): boolean => clock.now() - Math.max(startedMs, dataPlane.lastPeerCall) >= QUIET_MS;
    await waitUntil(clock, () => Math.min(startedMs + shareMs, endMs()), isQuiet);
  }
  dataPlane.leavePeers();
  await waitUntil(clock, endMs, () => dataPlane.peerRuns === 0);
  // a sink that hangs must not take the time of the second half
  await flush(draining, Math.min(endMs(), clock.now() + shareMs));
}

/**
 * The second half: sources get no more credits, what is in flight is finished, the rest is given back, sinks are
 * flushed, and the router hears the goodbye.
 */
export async function drainOutbound({ plan, ...draining }: Draining): Promise<void> {
  const { clock, dataPlane, logger, session } = draining;
  const endMs = (): number => plan().untilMs;
  const leftMs = (): number => endMs() - clock.now();
  const isDone = (): boolean => dataPlane.inFlight() === 0;
  const { beganMs, untilMs } = plan();
  // who begins late keeps half of what is left for it
  const closingMs = Math.min((untilMs - beganMs) * CLOSING_SHARE, leftMs() / 2);
  logger.info('draining', { phase: 'outbound', leftMs: Math.round(leftMs()) });
  dataPlane.leaveSources();
  if (!(await waitUntil(clock, () => endMs() - closingMs, isDone))) {
    dataPlane.expire();
    await waitUntil(clock, endMs, isDone);
  }
  dataPlane.endStreams();
  // the goodbye gets what a sink that hangs leaves
  await flush({ plan, ...draining }, clock.now() + leftMs() / 2);
  await session.leave('shutdown', AbortSignal.timeout(Math.max(1, Math.round(leftMs()))));
}
