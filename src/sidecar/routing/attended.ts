import { connect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { ConveyorError } from '../../foundation/errors.ts';
import { onAbort } from '../../foundation/lifecycle/aborted.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';

/** What a call to another host is attended with. */
export interface Attendance {
  readonly clock: Clock;
  /** Ends the call. */
  readonly signal: AbortSignal;
  /** Whether nobody answers at an endpoint; a connection tells unless told otherwise. */
  readonly silent?: (endpoint: string, clock: Clock, signal: AbortSignal) => Promise<boolean>;
}

/** A call that takes longer has its endpoint looked at, and again after each such time. */
const LOOK_MS = 1_000;
/** As many looks in a row that meet with silence: one may be a lost packet. */
const LOOKS = 2;

/**
 * Makes a call that ends when its host has gone without a word: a node that lost power, a pod that was removed by force.
 * TCP itself would go on sending for a quarter of an hour, and the call's lanes would wait for its deadline.
 * @throws what the call throws, and ConveyorError UNAVAILABLE for such a host.
 */
export async function attended<T>(
  endpoint: string,
  { clock, signal, silent = isSilent }: Attendance,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  const host = { lost: false };
  const attend = async (): Promise<void> => {
    for (let looks = 0; looks < LOOKS;) {
      await clock.sleep(LOOK_MS, ending.signal);
      looks = (await silent(endpoint, clock, ending.signal)) ? looks + 1 : 0;
    }
    host.lost = !ending.signal.aborted;
    end();
  };
  const over = onAbort(signal, end);
  if (signal.aborted) end();
  // only the end of the call breaks it off
  attend().catch(() => undefined);
  try {
    return await call(ending.signal);
  } catch (error) {
    throw host.lost ? new ConveyorError('UNAVAILABLE', `nobody answers at ${endpoint} any more`) : error;
  } finally {
    over();
    end();
  }
}

/** Errors that say that no host was reached. */
const UNREACHED = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ETIMEDOUT']);

/** Whether nobody answers at an endpoint (`host:port`). Who refuses is there: its kernel ends what was open by itself. */
export async function isSilent(endpoint: string, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const colon = endpoint.lastIndexOf(':');
  const host = endpoint.slice(0, colon).replace(/^\[|\]$/g, '');
  const over = new AbortController();
  const socket = connect({ host, port: Number(endpoint.slice(colon + 1)) });
  const heard = new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(false));
    socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => resolve(UNREACHED.has(code)));
  });
  const late = async (): Promise<boolean> => {
    await clock.sleep(LOOK_MS, AbortSignal.any([signal, over.signal]));
    // where we were late ourselves, the answer may lie there unread
    await turn();
    return true;
  };
  try {
    return await Promise.race([heard, late().catch(() => false)]);
  } finally {
    over.abort();
    socket.destroy();
  }
}
