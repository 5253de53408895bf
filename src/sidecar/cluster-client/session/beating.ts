import { type Beat, beat, type Standing } from '../link/calls.ts';
import type { RouterLink } from '../link/link.ts';
import { nextIntervalMs } from '../messages/heartbeat.ts';
import type { Session, StepOn } from './session.ts';
import type { Registered } from './state.ts';

/** Registrations that a router asks for are this far apart at least, or a heartbeat interval if that is less. */
const REGISTRATION_SPACING_MS = 1_000;

/** The router does not know the registration: the next step registers, though not again and again without a pause. */
export function registerAgain(session: Session): void {
  const { state, resources, intervalMs } = session;
  if (state.kind !== 'registered') return;
  const spacingMs = Math.min(REGISTRATION_SPACING_MS, intervalMs);
  const registerAtMs = Math.min(state.registerAtMs, state.registeredAtMs + spacingMs);
  session.become({ ...state, registerAtMs }, resources);
  if (registerAtMs <= session.options.clock.now()) session.trigger();
}

/** A heartbeat, and what its answer asks for. Milliseconds until the next step. */
export async function heartbeat(
  session: Session,
  state: Registered,
  { link, signal }: StepOn,
): Promise<number> {
  const { answer, servicesKey: told } = await counted(session, state, { link, signal });
  // the watch may have asked for a registration meanwhile
  const now = session.state.kind === 'registered' ? session.state : state;
  if (!now.confirmed) tell(session, now, link);
  const confirmed = { ...now, confirmed: true, attempt: 0, servicesKey: told ?? now.servicesKey };
  session.become(confirmed, session.resources);
  for (const command of answer.commands) session.book.command(command);
  if (!answer.acknowledged || answer.reregister) registerAgain(session);
  session.intervalMs = nextIntervalMs(state.heartbeatIntervalMs, answer.intervalMs);
  const { registerAtMs } = session.state.kind === 'registered' ? session.state : confirmed;
  // timers cut fractions off: one that fires early would beat once more before the registration
  const dueMs = Math.ceil(registerAtMs - session.options.clock.now()) + 1;
  return Math.max(0, Math.min(session.intervalMs, dueMs));
}

function tell(session: Session, state: Registered, link: RouterLink): void {
  const { address, registrationId, extensions, settling, routerVersion } = state;
  const pipelines = session.book.current().held.size;
  const fields = { address, registrationId, extensions, settling, routerVersion, pipelines };
  session.outage.over({ ...fields, prefix: link.prefix() });
  session.options.tell?.({ kind: 'registered', address });
}

async function counted(session: Session, state: Registered, { link, signal }: StepOn): Promise<Beat> {
  const { metrics } = session.options;
  const standing: Standing = {
    registrationId: state.registrationId,
    draining: session.draining !== undefined,
    assignmentVersion: session.book.current().version,
    servicesKey: state.servicesKey,
  };
  try {
    const settings = session.settings(signal);
    const done = await beat(session.calls, link, {
      standing: state.extensions ? standing : undefined,
      settings,
    });
    const { acknowledged, reregister } = done.answer;
    metrics.heartbeat(acknowledged && !reregister ? 'acknowledged' : 'reregister');
    session.contact();
    return done;
  } catch (error) {
    metrics.heartbeat('failed');
    throw error;
  }
}
