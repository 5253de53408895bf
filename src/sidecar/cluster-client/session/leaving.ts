import { ConveyorError } from '../../../foundation/errors.ts';
import { beat, sayGoodbye } from '../link/calls.ts';
import type { RouterLink } from '../link/link.ts';
import type { Session, StepOn } from './session.ts';
import type { Leaving } from './state.ts';

/**
 * The goodbye to a bare router, at the beginning of the drain: it knows no draining, and there is no registration
 * after it (semantics.md, Goodbye). Milliseconds until the next step.
 */
export async function farewell(session: Session, link: RouterLink, signal: AbortSignal): Promise<number> {
  const reason = session.draining ?? '';
  session.become({ kind: 'leaving', reason, said: false }, { link });
  const said = await goodbye(session, link, signal);
  session.become({ kind: 'leaving', reason, said }, { link });
  return session.intervalMs;
}

/**
 * One step after that: the goodbye again if it was not heard, else a heartbeat, as long as the connection lasts.
 * Milliseconds until the next step.
 */
export async function linger(session: Session, state: Leaving, { link, signal }: StepOn): Promise<number> {
  if (link.lost()) session.become(state);
  else if (!state.said) return farewell(session, link, signal);
  else
    await beat(session.calls, link, { standing: undefined, settings: session.settings(signal) }).catch(
      (error: unknown) =>
        session.logger.debug('heartbeat after the goodbye failed', {
          reason: ConveyorError.from(error).message,
        }),
    );
  return session.intervalMs;
}

/** Says goodbye as the router understands it; whether it was heard. Never rejects. */
export async function goodbye(session: Session, link: RouterLink, signal: AbortSignal): Promise<boolean> {
  const { registrationId, draining: reason = '', logger, calls } = session;
  const { address } = link;
  try {
    await sayGoodbye(calls, link, { registrationId, reason, settings: session.settings(signal) });
    logger.info('said goodbye to the router', { address, reason });
    return true;
  } catch (error) {
    const { code, message } = ConveyorError.from(error);
    logger.warn('router did not hear the goodbye, the lease will end', { address, code, reason: message });
    return false;
  }
}
