import { ConveyorError } from '../../../foundation/errors.ts';
import type { CallSettings } from '../../../foundation/grpc/call.ts';
import type { HeartbeatResponse__Output } from '../../../foundation/grpc/gen/conveyor/sidecar/HeartbeatResponse.ts';
import type { LocalService } from '../../../foundation/grpc/gen/conveyor/sidecar/LocalService.ts';
import type { RegisterSidecarResponse__Output } from '../../../foundation/grpc/gen/conveyor/sidecar/RegisterSidecarResponse.ts';
import { hostPort } from '../../../foundation/net/address.ts';
import { heartbeatRequest } from '../messages/heartbeat.ts';
import { localServices, registrationRequest, servicesKey } from '../messages/registration.ts';
import type { ClusterClientOptions, SidecarIdentity } from '../options.ts';
import type { RouterLink } from './link.ts';
import { type EndpointMemory, UNKNOWN_ENDPOINT } from './prefixes.ts';

/** What every call to a router is made of. */
export interface CallContext {
  readonly options: ClusterClientOptions;
  /** By address. */
  readonly memory: Map<string, EndpointMemory>;
}

/** A registration that was accepted. */
export interface Introduction {
  readonly answer: RegisterSidecarResponse__Output;
  readonly extensions: boolean;
  readonly servicesKey: string;
  /** Those that it was told. */
  readonly labels: SidecarIdentity['labels'];
}

/** `host:port` by which peers reach this sidecar, as the connection shows it. */
function advertisedEndpoint({ options }: CallContext, link: RouterLink): string {
  const { podIp, port } = options.advertised;
  return hostPort(podIp ?? link.localAddress, port());
}

async function register(
  context: CallContext,
  link: RouterLink,
  call: { readonly services: LocalService[]; readonly settings: CallSettings },
): Promise<RegisterSidecarResponse__Output> {
  const { options, memory } = context;
  const request = registrationRequest(options.identity, {
    endpoint: advertisedEndpoint(context, link),
    services: call.services,
    routesHeld: options.routes.held(),
  });
  const answer = await link.register(request, call.settings);
  const known = memory.get(link.address) ?? UNKNOWN_ENDPOINT;
  // a refusal does not tell a bare router from one of ours
  const extensions = answer.success ? answer.heartbeatIntervalMs > 0 : known.extensions;
  memory.set(link.address, { prefix: link.prefix(), extensions });
  return answer;
}

function accepted(answer: RegisterSidecarResponse__Output): RegisterSidecarResponse__Output {
  if (answer.success) return answer;
  throw new ConveyorError('FAILED_PRECONDITION', answer.error || 'the router refused the registration');
}

/**
 * Registers. Which names a router must be told shows only in its answer: one that turns out to be of the other kind
 * than assumed is told again where that makes a difference.
 * @throws ConveyorError FAILED_PRECONDITION when the router refuses, else the call's code.
 */
export async function introduce(
  context: CallContext,
  link: RouterLink,
  settings: CallSettings,
): Promise<Introduction> {
  const current = context.options.services.current();
  // what changes meanwhile is told again
  const { labels } = context.options.identity;
  const assumed = context.memory.get(link.address)?.extensions ?? true;
  const services = localServices(current, assumed);
  const answer = accepted(await register(context, link, { services, settings }));
  const extensions = answer.heartbeatIntervalMs > 0;
  const fitting = localServices(current, extensions);
  const key = servicesKey(fitting);
  if (key === servicesKey(services)) return { answer, extensions, servicesKey: key, labels };
  const again = accepted(await register(context, link, { services: fitting, settings }));
  return { answer: again, extensions, servicesKey: key, labels };
}

/** What a heartbeat says beside health and load; undefined for a bare router. */
export interface Standing {
  readonly registrationId: string;
  readonly draining: boolean;
  readonly assignmentVersion: number;
  /** What the router was last told of the services. */
  readonly servicesKey: string;
}

/** A heartbeat's answer, and what the router knows of the services after it. */
export interface Beat {
  readonly answer: HeartbeatResponse__Output;
  readonly servicesKey: string | undefined;
}

const ACKNOWLEDGED: HeartbeatResponse__Output = Object.freeze({
  acknowledged: true,
  commands: [],
  reregister: false,
  intervalMs: 0,
});

/**
 * One heartbeat. A router without the method is taken to have acknowledged it.
 * @throws ConveyorError with the call's code.
 */
export async function beat(
  { options: { identity, services, load } }: CallContext,
  link: RouterLink,
  call: { readonly standing: Standing | undefined; readonly settings: CallSettings },
): Promise<Beat> {
  const { standing, settings } = call;
  const current = services.current();
  const told = localServices(current, standing !== undefined);
  const key = servicesKey(told);
  const extras =
    standing === undefined
      ? undefined
      : { ...standing, changedServices: key === standing.servicesKey ? [] : told };
  const request = heartbeatRequest({ sidecarId: identity.sidecarId, services: current, load }, extras);
  try {
    const answer = await link.heartbeat(request, settings);
    return { answer, servicesKey: standing === undefined ? undefined : key };
  } catch (error) {
    if (ConveyorError.from(error).code !== 'UNIMPLEMENTED') throw error;
    return { answer: ACKNOWLEDGED, servicesKey: undefined };
  }
}

/**
 * Says goodbye: `DeregisterSidecar`, and to a router without it a registration with no services, whose answer is
 * ignored (semantics.md, Goodbye).
 * @throws ConveyorError with the call's code.
 */
export async function sayGoodbye(
  context: CallContext,
  link: RouterLink,
  call: { readonly registrationId: string; readonly reason: string; readonly settings: CallSettings },
): Promise<void> {
  const { registrationId, reason, settings } = call;
  const { sidecarId } = context.options.identity;
  if (context.memory.get(link.address)?.extensions !== false) {
    try {
      await link.deregister({ sidecarId, registrationId, reason }, settings);
      return;
    } catch (error) {
      if (ConveyorError.from(error).code !== 'UNIMPLEMENTED') throw error;
    }
  }
  await register(context, link, { services: [], settings });
}
