import { ConveyorError } from '../../../foundation/errors.ts';
import { localServices, servicesKey } from '../messages/registration.ts';
import { heartbeat } from './beating.ts';
import { farewell } from './leaving.ts';
import { register } from './registering.ts';
import type { Session, StepOn } from './session.ts';
import type { Registered } from './state.ts';

/**
 * One step of a sidecar that a router knows: a heartbeat, or a registration where one is due.
 * @returns milliseconds until the next step.
 * @throws ConveyorError when the connection is lost or the router does not answer.
 */
export function keep(session: Session, state: Registered, { link, signal }: StepOn): Promise<number> {
  if (link.lost())
    return Promise.reject(new ConveyorError('UNAVAILABLE', 'the connection to the router has ended'));
  if (session.draining !== undefined && !state.extensions) return farewell(session, link, signal);
  if (isRegistrationDue(session, state)) return register(session, link, session.settings(signal));
  return heartbeat(session, state, { link, signal });
}

function isRegistrationDue({ options }: Session, state: Registered): boolean {
  if (options.clock.now() >= state.registerAtMs || options.identity.labels !== state.labels) return true;
  const services = localServices(options.services.current(), state.extensions);
  if (servicesKey(services) === state.servicesKey) return false;
  // a heartbeat cannot say that no service is left: an empty list there means that nothing has changed
  return !state.extensions || services.length === 0;
}
