import { type sendUnaryData, Server, type ServerUnaryCall, type ServerWritableStream } from '@grpc/grpc-js';
import { type Prefix, serviceDefinition } from '../../src/foundation/grpc/definitions.ts';
import type { HeartbeatResponse } from '../../src/foundation/grpc/gen/conveyor/sidecar/HeartbeatResponse.ts';
import type { LocalService__Output } from '../../src/foundation/grpc/gen/conveyor/sidecar/LocalService.ts';
import type { PipelineAssignment } from '../../src/foundation/grpc/gen/conveyor/sidecar/PipelineAssignment.ts';
import type { PipelineAssignmentEvent } from '../../src/foundation/grpc/gen/conveyor/sidecar/PipelineAssignmentEvent.ts';
import type { RegisterSidecarRequest__Output } from '../../src/foundation/grpc/gen/conveyor/sidecar/RegisterSidecarRequest.ts';
import type { RegisterSidecarResponse } from '../../src/foundation/grpc/gen/conveyor/sidecar/RegisterSidecarResponse.ts';
import type { SidecarHeartbeatRequest__Output } from '../../src/foundation/grpc/gen/conveyor/sidecar/SidecarHeartbeatRequest.ts';
import type { StageAssignment } from '../../src/foundation/grpc/gen/conveyor/sidecar/StageAssignment.ts';
import type { WatchAssignmentsRequest__Output } from '../../src/foundation/grpc/gen/conveyor/sidecar/WatchAssignmentsRequest.ts';
import { serve } from './serve.ts';

/** A pipeline as a bare router knows it: its stages, in no order, each run by whoever offers the service. */
export interface BarePipeline {
  readonly id: string;
  readonly stages: readonly { readonly stageId: string; readonly serviceName: string }[];
}

/** How a bare router behaves. */
export interface BareRouterOptions {
  readonly pipelines?: readonly BarePipeline[];
  /** The only package prefix that it answers to. */
  readonly prefix?: Prefix;
  /** 0: any free port. */
  readonly port?: number;
  readonly host?: string;
  /** A follower answers every registration with `success: false`. */
  readonly follower?: boolean;
  /** A number in [0, 1), for the order of the stages that others run. */
  readonly random?: () => number;
}

/** A router that knows none of our extensions, as the existing one does (semantics.md). */
export interface BareRouter {
  readonly port: number;
  /** `host:port`. */
  readonly address: string;
  /** Every registration it was sent, in order, also those without services. */
  readonly registrations: readonly RegisterSidecarRequest__Output[];
  readonly heartbeats: readonly SidecarHeartbeatRequest__Output[];
  /** The newest registration of each sidecar that offers anything, by id. */
  readonly sidecars: ReadonlyMap<string, RegisterSidecarRequest__Output>;
  /** Watches that are open now. */
  watches(): number;
  /** Ends every watch. */
  cutWatches(): void;
  setPipelines(pipelines: readonly BarePipeline[]): void;
  setFollower(follower: boolean): void;
  /** Ends at once, with every connection. Idempotent. */
  stop(): Promise<void>;
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Fields from 100 up are left out of all answers: a message without them is what the existing router sends. */
function assignmentFor(
  pipeline: BarePipeline,
  asker: RegisterSidecarRequest__Output,
  { sidecars, random }: { sidecars: Iterable<RegisterSidecarRequest__Output>; random: () => number },
): PipelineAssignment | undefined {
  const offered = (
    { localServices }: RegisterSidecarRequest__Output,
    serviceName: string,
  ): LocalService__Output | undefined => localServices.find((service) => service.serviceName === serviceName);
  const own: StageAssignment[] = [];
  const others: StageAssignment[] = [];
  for (const { stageId, serviceName } of pipeline.stages) {
    const service = offered(asker, serviceName);
    if (service !== undefined) own.push({ stageId, localEndpoint: service.localEndpoint });
    // a stage that several offer is listed once for each of them: its id is repeated
    for (const { sidecarId, sidecarEndpoint: endpoint, ...other } of sidecars) {
      if (sidecarId === asker.sidecarId || offered({ ...asker, ...other }, serviceName) === undefined)
        continue;
      others.push({ stageId, remoteSidecar: { sidecarId, endpoint } });
    }
  }
  if (own.length === 0) return undefined;
  const isLocalComplete = pipeline.stages.every(
    ({ serviceName }) => offered(asker, serviceName) !== undefined,
  );
  return { pipelineId: pipeline.id, isLocalComplete, stages: [...own, ...shuffled(others, random)] };
}

/**
 * Starts a router that does what the existing one does: it computes assignments only to answer a registration (own
 * services first, those of others in random order, ids repeated), acknowledges every heartbeat, never sends on a
 * watch, and has no `DeregisterSidecar`.
 */
export async function startBareRouter(options: BareRouterOptions = {}): Promise<BareRouter> {
  const { prefix = 'conveyor', random = Math.random } = options;
  let { pipelines = [], follower = false } = options;
  const registrations: RegisterSidecarRequest__Output[] = [];
  const heartbeats: SidecarHeartbeatRequest__Output[] = [];
  const sidecars = new Map<string, RegisterSidecarRequest__Output>();
  type WatchCall = ServerWritableStream<WatchAssignmentsRequest__Output, PipelineAssignmentEvent>;
  const watches = new Set<WatchCall>();

  const register = (request: RegisterSidecarRequest__Output): RegisterSidecarResponse => {
    registrations.push(request);
    if (follower) return { success: false, error: 'not the leader' };
    if (request.localServices.length === 0) sidecars.delete(request.sidecarId);
    else sidecars.set(request.sidecarId, request);
    const known = { sidecars: [...sidecars.values()], random };
    const initialAssignments = pipelines.flatMap((each) => assignmentFor(each, request, known) ?? []);
    return { success: true, registrationId: `bare-${registrations.length}`, initialAssignments };
  };

  const server = new Server();
  const { RegisterSidecar, Heartbeat, WatchPipelineAssignments } = serviceDefinition(
    'conveyor.sidecar.SidecarCoordinator',
    prefix,
  );
  // DeregisterSidecar is not in the definition: calls of it are answered UNIMPLEMENTED
  server.addService(
    { RegisterSidecar, Heartbeat, WatchPipelineAssignments },
    {
      RegisterSidecar(
        call: ServerUnaryCall<RegisterSidecarRequest__Output, RegisterSidecarResponse>,
        reply: sendUnaryData<RegisterSidecarResponse>,
      ) {
        reply(null, register(call.request));
      },
      Heartbeat(
        call: ServerUnaryCall<SidecarHeartbeatRequest__Output, HeartbeatResponse>,
        reply: sendUnaryData<HeartbeatResponse>,
      ) {
        heartbeats.push(call.request);
        reply(null, { acknowledged: true, commands: [] });
      },
      WatchPipelineAssignments(call: WatchCall) {
        watches.add(call);
        call.on('cancelled', () => watches.delete(call));
      },
    },
  );
  const serving = await serve(server, options);
  return {
    ...serving,
    registrations,
    heartbeats,
    sidecars,
    watches: () => watches.size,
    cutWatches() {
      for (const watch of watches) watch.end();
      watches.clear();
    },
    setPipelines: (next) => {
      pipelines = next;
    },
    setFollower: (next) => {
      follower = next;
    },
    stop() {
      watches.clear();
      return serving.stop();
    },
  };
}
