import {
  type sendUnaryData,
  Server,
  type ServerUnaryCall,
  type ServerWritableStream,
  status,
} from '@grpc/grpc-js';
import { type Prefix, PREFIXES, serviceDefinition } from '../../../src/foundation/grpc/definitions.ts';
import type { DeregisterSidecarRequest__Output } from '../../../src/foundation/grpc/gen/conveyor/sidecar/DeregisterSidecarRequest.ts';
import type { DeregisterSidecarResponse } from '../../../src/foundation/grpc/gen/conveyor/sidecar/DeregisterSidecarResponse.ts';
import type { HeartbeatResponse } from '../../../src/foundation/grpc/gen/conveyor/sidecar/HeartbeatResponse.ts';
import type { PipelineAssignmentEvent } from '../../../src/foundation/grpc/gen/conveyor/sidecar/PipelineAssignmentEvent.ts';
import type { RegisterSidecarRequest__Output } from '../../../src/foundation/grpc/gen/conveyor/sidecar/RegisterSidecarRequest.ts';
import type { RegisterSidecarResponse } from '../../../src/foundation/grpc/gen/conveyor/sidecar/RegisterSidecarResponse.ts';
import type { SidecarHeartbeatRequest__Output } from '../../../src/foundation/grpc/gen/conveyor/sidecar/SidecarHeartbeatRequest.ts';
import type { WatchAssignmentsRequest__Output } from '../../../src/foundation/grpc/gen/conveyor/sidecar/WatchAssignmentsRequest.ts';
import { serve } from '../../support/serve.ts';

/** A watch that is open at the scripted router. */
export type WatchCall = ServerWritableStream<WatchAssignmentsRequest__Output, PipelineAssignmentEvent>;

/** What the router says; replace a member to change its mind. undefined: it never answers. */
export interface Script {
  register(request: RegisterSidecarRequest__Output): RegisterSidecarResponse | undefined;
  heartbeat(request: SidecarHeartbeatRequest__Output): HeartbeatResponse | undefined;
  watch(call: WatchCall): void;
}

/** A router with our extensions that does as it is told and remembers what it heard. */
export interface ScriptedRouter {
  readonly port: number;
  readonly address: string;
  readonly script: Script;
  readonly registrations: RegisterSidecarRequest__Output[];
  readonly heartbeats: SidecarHeartbeatRequest__Output[];
  readonly goodbyes: DeregisterSidecarRequest__Output[];
  /** Every watch that was opened, in order. */
  readonly watches: WatchCall[];
  /** The newest watch; throws before the first. */
  watch(): WatchCall;
  stop(): Promise<void>;
}

/** How it starts. */
export interface ScriptedRouterOptions {
  readonly port?: number;
  readonly prefixes?: readonly Prefix[];
  readonly heartbeatIntervalMs?: number;
  readonly withoutDeregister?: boolean;
  readonly script?: Partial<Script>;
}

export async function startScriptedRouter(options: ScriptedRouterOptions = {}): Promise<ScriptedRouter> {
  const { prefixes = PREFIXES, heartbeatIntervalMs = 60_000, withoutDeregister = false } = options;
  const registrations: RegisterSidecarRequest__Output[] = [];
  const heartbeats: SidecarHeartbeatRequest__Output[] = [];
  const goodbyes: DeregisterSidecarRequest__Output[] = [];
  const watches: WatchCall[] = [];
  const script: Script = {
    register: () => ({
      success: true,
      registrationId: `r${registrations.length}`,
      heartbeatIntervalMs,
      version: 'scripted',
    }),
    heartbeat: () => ({ acknowledged: true }),
    watch: () => undefined,
    ...options.script,
  };
  const server = new Server();
  for (const prefix of prefixes) {
    server.addService(serviceDefinition('conveyor.sidecar.SidecarCoordinator', prefix), {
      RegisterSidecar(
        { request }: ServerUnaryCall<RegisterSidecarRequest__Output, RegisterSidecarResponse>,
        reply: sendUnaryData<RegisterSidecarResponse>,
      ) {
        registrations.push(request);
        const answer = script.register(request);
        if (answer !== undefined) reply(null, answer);
      },
      Heartbeat(
        { request }: ServerUnaryCall<SidecarHeartbeatRequest__Output, HeartbeatResponse>,
        reply: sendUnaryData<HeartbeatResponse>,
      ) {
        heartbeats.push(request);
        const answer = script.heartbeat(request);
        if (answer !== undefined) reply(null, answer);
      },
      WatchPipelineAssignments(call: WatchCall) {
        watches.push(call);
        script.watch(call);
      },
      DeregisterSidecar(
        { request }: ServerUnaryCall<DeregisterSidecarRequest__Output, DeregisterSidecarResponse>,
        reply: sendUnaryData<DeregisterSidecarResponse>,
      ) {
        if (withoutDeregister) {
          reply({ code: status.UNIMPLEMENTED, details: 'unknown method' });
          return;
        }
        goodbyes.push(request);
        reply(null, { success: true });
      },
    });
  }
  const serving = await serve(server, { port: options.port ?? 0 });
  return {
    ...serving,
    script,
    registrations,
    heartbeats,
    goodbyes,
    watches,
    watch() {
      const newest = watches.at(-1);
      if (newest === undefined) throw new Error('no watch was opened');
      return newest;
    },
  };
}
