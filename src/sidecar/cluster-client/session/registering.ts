import { ConveyorError } from '../../../foundation/errors.ts';
import { type Introduction, introduce } from '../link/calls.ts';
import type { RouterLink } from '../link/link.ts';
import { startWatch, type Watch } from '../link/watch.ts';
import { agreedIntervalMs } from '../messages/heartbeat.ts';
import { heartbeat, registerAgain } from './beating.ts';
import { farewell } from './leaving.ts';
import type { Session, StepSettings } from './session.ts';
import type { Registered } from './state.ts';

/**
 * Registers on a connection, for the first time or once more, takes the whole set of assignments and says at once how
 * the services are. One that drains is never registered at a bare router.
 * @returns milliseconds until the next step.
 * @throws ConveyorError FAILED_PRECONDITION when the router refuses, else the call's code.
 */
export async function register(session: Session, link: RouterLink, settings: StepSettings): Promise<number> {
  const before = session.state;
  const attempt = 'attempt' in before ? before.attempt : 0;
  session.become({ kind: 'registering', address: link.address, attempt }, session.resources);
  const unwelcome = (extensions: boolean | undefined): boolean =>
    extensions === false && session.draining !== undefined;
  if (unwelcome(session.remembered(link.address).extensions)) return farewell(session, link, settings.signal);
  const introduction = await counted(session, () => introduce(session.calls, link, settings));
  if (unwelcome(introduction.extensions)) return farewell(session, link, settings.signal);

  const { initialAssignments: assignments, settling } = introduction.answer;
  session.book.registered({ assignments, settling });
  const confirmed = before.kind === 'registered' && before.confirmed;
  const state: Registered = { ...joined(session, link, introduction), attempt, confirmed };
  session.intervalMs = state.heartbeatIntervalMs;
  session.registrationId = state.registrationId;
  session.become(state, { link, watch: watchFor(session, state, link) });
  return heartbeat(session, state, { link, signal: settings.signal });
}

async function counted(session: Session, call: () => Promise<Introduction>): Promise<Introduction> {
  const { metrics } = session.options;
  try {
    const introduction = await call();
    metrics.registration('accepted');
    session.contact();
    return introduction;
  } catch (error) {
    const failure = ConveyorError.from(error);
    metrics.registration(failure.code === 'FAILED_PRECONDITION' ? 'refused' : 'failed');
    throw failure;
  }
}

function joined(
  { options, timings }: Session,
  { address }: RouterLink,
  { answer, extensions, servicesKey, labels }: Introduction,
): Omit<Registered, 'attempt' | 'confirmed'> {
  const nowMs = options.clock.now();
  return {
    kind: 'registered',
    address,
    registrationId: answer.registrationId,
    extensions,
    settling: answer.settling,
    routerVersion: answer.version,
    heartbeatIntervalMs: agreedIntervalMs(timings.heartbeatIntervalMs, answer.heartbeatIntervalMs),
    registeredAtMs: nowMs,
    registerAtMs: extensions ? Infinity : nowMs + timings.reregisterIntervalMs,
    servicesKey,
    labels,
  };
}

/** A bare router knows a sidecar by its id alone: its watch goes on. One of ours numbers each registration anew. */
function watchFor(session: Session, state: Registered, link: RouterLink): Watch {
  const { watch } = session.resources;
  if (watch !== undefined && !state.extensions) return watch;
  // what is still buffered in the old one has the numbers of the old registration
  void watch?.stop();
  const { clock, metrics, identity, random = Math.random } = session.options;
  const { backoffBaseMs: baseMs, backoffMaxMs: maxMs, watchMaxAgeMs } = session.timings;
  const registration = state.extensions ? { registrationId: state.registrationId } : {};
  return startWatch({
    link,
    request: { sidecarId: identity.sidecarId, ...registration },
    clock,
    maxAgeMs: watchMaxAgeMs,
    backoff: { baseMs, maxMs, random },
    listener: {
      onOpen: () => session.book.watchOpened(),
      onEvent: (event) => {
        session.contact();
        session.book.event(event);
      },
      onUnknown: () => registerAgain(session),
      onEnd: (cause, error) => {
        metrics.watchReopened(cause);
        session.logger.debug('assignment watch ended', { cause, reason: error?.message });
        // it may lead no more, or leave: a heartbeat tells, and then it is dialled afresh
        if (error?.code === 'UNAVAILABLE') session.trigger();
      },
    },
  });
}
