import { type ServerWritableStream, status } from '@grpc/grpc-js';
import { ConveyorError } from '../../foundation/errors.ts';
import type { PipelineAssignmentEvent } from '../../foundation/grpc/gen/conveyor/sidecar/PipelineAssignmentEvent.ts';
import type { SidecarCommand } from '../../foundation/grpc/gen/conveyor/sidecar/SidecarCommand.ts';
import type { SidecarCoordinatorHandlers } from '../../foundation/grpc/gen/conveyor/sidecar/SidecarCoordinator.ts';
import type { WatchAssignmentsRequest__Output } from '../../foundation/grpc/gen/conveyor/sidecar/WatchAssignmentsRequest.ts';
import { answering } from './handlers.ts';
import { LIMITS, required, text } from './limits.ts';
import type { Change, Coordination, Watcher, Who } from './ports.ts';
import { readHeartbeat, readRegistration } from './registration.ts';
import { pump } from './watch.ts';

/** What the coordinator service says of its router. */
export interface CoordinatorOptions {
  readonly coordination: Coordination;
  /** How often a sidecar is to send a heartbeat; never 0, by which our routers are told from others. */
  readonly heartbeatIntervalMs: number;
  readonly version: string;
}

/** Handlers of SidecarCoordinator, with our extensions (wire contract). */
export function coordinatorHandlers(options: CoordinatorOptions): SidecarCoordinatorHandlers {
  const { coordination, heartbeatIntervalMs, version } = options;
  return {
    RegisterSidecar: answering((request) => {
      const answer = coordination.register(readRegistration(request));
      if (answer.refused !== undefined)
        return { success: false, error: answer.refused, heartbeatIntervalMs, version };
      const { registrationId, assignments, settling } = answer;
      const initialAssignments = [...assignments];
      return { success: true, registrationId, initialAssignments, heartbeatIntervalMs, settling, version };
    }),
    Heartbeat: answering((request) => {
      const { acknowledged, reregister, changes } = coordination.heartbeat(readHeartbeat(request));
      return { acknowledged, reregister, commands: changes.map(commandOf) };
    }),
    DeregisterSidecar: answering((request) => {
      const success = coordination.deregister(whoIs(request), request.reason.slice(0, LIMITS.messageLength));
      return { success, error: success ? '' : `nobody is registered as ${request.sidecarId}` };
    }),
    WatchPipelineAssignments: (call) => watch(call, coordination),
  };
}

/** @throws ConveyorError INVALID_ARGUMENT when an id is missing or too long. */
function whoIs({ sidecarId, registrationId }: Who): Who {
  return {
    sidecarId: required('sidecar_id', sidecarId),
    registrationId: text('registration_id', registrationId),
  };
}

function commandOf({ pipelineId, version, assignment }: Change): SidecarCommand {
  if (assignment !== undefined) return { assign: assignment };
  return { revoke: { pipelineId, version, drainFirst: true } };
}

type Call = ServerWritableStream<WatchAssignmentsRequest__Output, PipelineAssignmentEvent>;

function watch(call: Call, coordination: Coordination): void {
  const fail = (error: ConveyorError): void => {
    call.emit('error', { code: error.grpcStatus, details: error.message });
  };
  try {
    follow(call, whoIs(call.request), coordination);
  } catch (error) {
    fail(ConveyorError.from(error));
  }
}

function follow(call: Call, who: Who, coordination: Coordination): void {
  let notify: () => void = () => undefined;
  let stop: () => void = () => undefined;
  const watcher: Watcher = {
    notify: () => notify(),
    close(reason) {
      stop();
      if (reason === 'ended')
        call.emit('error', { code: status.NOT_FOUND, details: 'the registration has ended' });
      else call.end();
    },
  };
  const feed = coordination.watch(who, watcher);
  if (feed === undefined) throw new ConveyorError('NOT_FOUND', `nobody is registered as ${who.sidecarId}`);
  ({ notify, stop } = pump(call, feed));
  const gone = (): void => {
    stop();
    coordination.unwatch(who, watcher);
  };
  call.once('cancelled', gone);
  call.once('close', gone);
  notify();
}
