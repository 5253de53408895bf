import type { Metadata, ServerWritableStream } from '@grpc/grpc-js';
import { ConveyorError } from '../../foundation/errors.ts';
import { failureOf } from '../../foundation/grpc/faults.ts';
import type { PipelineAssignmentEvent } from '../../foundation/grpc/gen/conveyor/sidecar/PipelineAssignmentEvent.ts';
import type { SidecarCommand } from '../../foundation/grpc/gen/conveyor/sidecar/SidecarCommand.ts';
import type { SidecarCoordinatorHandlers } from '../../foundation/grpc/gen/conveyor/sidecar/SidecarCoordinator.ts';
import type { WatchAssignmentsRequest__Output } from '../../foundation/grpc/gen/conveyor/sidecar/WatchAssignmentsRequest.ts';
import { answering } from './handlers.ts';
import { LIMITS, required, text } from './limits.ts';
import type { Change, Claim, Coordination, Gate, IdentityFacts, Watcher, Who } from './ports.ts';
import { readHeartbeat, readRegistration } from './registration.ts';
import { pump } from './watch.ts';

/** What the coordinator service says of its router. */
export interface CoordinatorOptions {
  readonly coordination: Coordination;
  readonly gate: Gate;
  /** The calls come by TLS. */
  readonly secure: boolean;
  /** How often a sidecar is to send a heartbeat; never 0, by which our routers are told from others. */
  readonly heartbeatIntervalMs: number;
  readonly version: string;
}

/** Handlers of SidecarCoordinator, with our extensions (wire contract). */
export function coordinatorHandlers(options: CoordinatorOptions): SidecarCoordinatorHandlers {
  const { coordination, gate, secure, heartbeatIntervalMs, version } = options;
  const proven = async <T extends Claim>(
    said: T,
    metadata: Metadata,
  ): Promise<T & { readonly identity: IdentityFacts | undefined }> => ({
    ...said,
    identity: await gate.identify({ metadata, secure }, said),
  });
  return {
    RegisterSidecar: answering(async (request, metadata) => {
      const answer = coordination.register(await proven(readRegistration(request), metadata));
      if (answer.refused !== undefined)
        return { success: false, error: answer.refused, heartbeatIntervalMs, version };
      const { registrationId, assignments, settling } = answer;
      const initialAssignments = [...assignments];
      return { success: true, registrationId, initialAssignments, heartbeatIntervalMs, settling, version };
    }),
    Heartbeat: answering(async (request, metadata) => {
      const beat = await proven(readHeartbeat(request), metadata);
      const { acknowledged, reregister, changes } = coordination.heartbeat(beat);
      return { acknowledged, reregister, commands: changes.map(commandOf) };
    }),
    DeregisterSidecar: answering(async (request, metadata) => {
      const who = await proven(whoIs(request), metadata);
      const success = coordination.deregister(who, request.reason.slice(0, LIMITS.messageLength));
      return { success, error: success ? '' : `nobody is registered as ${request.sidecarId}` };
    }),
    WatchPipelineAssignments: (call) => {
      watch(call, coordination, (who) => proven(who, call.metadata));
    },
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

function watch(call: Call, coordination: Coordination, proven: (who: Who) => Promise<Who>): void {
  const open = async (): Promise<void> => {
    const who = await proven(whoIs(call.request));
    if (!call.cancelled) follow(call, who, coordination);
  };
  open().catch((thrown: unknown) => fail(call, ConveyorError.from(thrown)));
}

function fail(call: Call, error: ConveyorError): void {
  call.emit('error', failureOf(error));
}

/** What a watch ends with; one that another replaced ends just so. */
const ENDINGS = {
  ended: { code: 'NOT_FOUND', message: 'the registration has ended' },
  stopping: { code: 'UNAVAILABLE', message: 'this router leads no more' },
} as const;

function follow(call: Call, who: Who, coordination: Coordination): void {
  let notify: () => void = () => undefined;
  let stop: () => void = () => undefined;
  const watcher: Watcher = {
    notify: () => notify(),
    close(reason) {
      stop();
      if (reason === 'replaced') {
        call.end();
        return;
      }
      const { code, message } = ENDINGS[reason];
      fail(call, new ConveyorError(code, message));
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
