import type { ConveyorError, ErrorCode } from '../../../foundation/errors.ts';
import { backoffMs } from '../../../foundation/lifecycle/backoff.ts';
import { openLink } from '../link/link.ts';
import { register } from './registering.ts';
import type { Session } from './session.ts';
import { afterFailure, type Connecting } from './state.ts';

/** Codes of a router that is not there, or does not lead; with any other it has refused. */
const SILENCE: ReadonlySet<ErrorCode> = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED']);

/**
 * Dials a router afresh and registers, under one deadline.
 * @returns milliseconds until the next step.
 * @throws ConveyorError when it does not answer or does not take us.
 */
export async function connect(
  session: Session,
  { address, attempt }: Connecting,
  signal: AbortSignal,
): Promise<number> {
  const { clock } = session.options;
  const { keepaliveMs, keepaliveTimeoutMs } = session.timings;
  const { timeoutMs } = session.settings(signal);
  const { prefix } = session.remembered(address);
  const startedAtMs = clock.now();
  const credentials = await session.options.credentials();
  const connection = { address, prefix, credentials, clock, timeoutMs, signal };
  const onLost = (): void => session.trigger();
  const link = await openLink({ ...connection, keepaliveMs, keepaliveTimeoutMs, onLost });
  session.localAddress = link.localAddress;
  session.become({ kind: 'registering', address, attempt }, { link });
  return register(session, link, { signal, timeoutMs: timeoutMs - (clock.now() - startedAtMs) });
}

/**
 * After a step that threw: the next address, or the same one where the router was there, at once or after a backoff.
 * @param stepMs how long the step took; a router is dialled at least once in a heartbeat interval.
 * @returns milliseconds until the next step.
 */
export function disconnected(session: Session, error: ConveyorError, stepMs: number): number {
  const { addresses, timings, intervalMs, options } = session;
  const next = afterFailure(session.state, addresses);
  if (next.kind !== 'connecting') return intervalMs;
  const { attempt } = next;
  const round = Math.floor(attempt / addresses.length);
  const tried = 'address' in session.state ? session.state.address : next.address;
  const { code, message: reason } = error;
  const how = { worth: round > 0, answered: !SILENCE.has(code) };
  if (session.outage.failed(how, { address: tried, attempt, code, reason }))
    options.tell?.({ kind: 'out-of-reach', address: tried, reason });
  session.become(next);
  if (attempt % addresses.length !== 0) return 0;
  const maxMs = options.routes.held() ? timings.backoffMaxMs : timings.emptyBackoffMaxMs;
  const backoff = { baseMs: timings.backoffBaseMs, maxMs: Math.min(maxMs, intervalMs) };
  const waitMs = backoffMs(round, { ...backoff, random: options.random ?? Math.random });
  return Math.min(waitMs, Math.max(0, intervalMs - stepMs));
}
