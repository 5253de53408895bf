import { Client, connectivityState } from '@grpc/grpc-js';
import { type CallSettings, serverStream, unary } from '../../../foundation/grpc/call.ts';
import { type Prefix, serviceDefinition } from '../../../foundation/grpc/definitions.ts';
import type { DeregisterSidecarRequest } from '../../../foundation/grpc/gen/conveyor/sidecar/DeregisterSidecarRequest.ts';
import type { DeregisterSidecarResponse__Output } from '../../../foundation/grpc/gen/conveyor/sidecar/DeregisterSidecarResponse.ts';
import type { HeartbeatResponse__Output } from '../../../foundation/grpc/gen/conveyor/sidecar/HeartbeatResponse.ts';
import type { PipelineAssignmentEvent__Output } from '../../../foundation/grpc/gen/conveyor/sidecar/PipelineAssignmentEvent.ts';
import type { RegisterSidecarRequest } from '../../../foundation/grpc/gen/conveyor/sidecar/RegisterSidecarRequest.ts';
import type { RegisterSidecarResponse__Output } from '../../../foundation/grpc/gen/conveyor/sidecar/RegisterSidecarResponse.ts';
import type { SidecarHeartbeatRequest } from '../../../foundation/grpc/gen/conveyor/sidecar/SidecarHeartbeatRequest.ts';
import type { WatchAssignmentsRequest } from '../../../foundation/grpc/gen/conveyor/sidecar/WatchAssignmentsRequest.ts';
import type { Clock } from '../../../foundation/lifecycle/clock.ts';
import type { DialCredentials } from './credentials.ts';
import { dial } from './dial.ts';
import { eitherPrefix } from './prefixes.ts';

/** One connection to one router. It never reconnects: what is lost is dialled afresh. */
export interface RouterLink {
  readonly address: string;
  /** The local end of the connection; '' if the system told none. */
  readonly localAddress: string;
  /** The package prefix that the router answers to; settled by `register`. */
  prefix(): Prefix;
  register(request: RegisterSidecarRequest, settings: CallSettings): Promise<RegisterSidecarResponse__Output>;
  heartbeat(request: SidecarHeartbeatRequest, settings: CallSettings): Promise<HeartbeatResponse__Output>;
  deregister(
    request: DeregisterSidecarRequest,
    settings: CallSettings,
  ): Promise<DeregisterSidecarResponse__Output>;
  watch(
    request: WatchAssignmentsRequest,
    settings: CallSettings,
  ): AsyncIterable<PipelineAssignmentEvent__Output>;
  /** Whether the connection has ended after it had served a registration. */
  lost(): boolean;
  /** Ends the connection and whatever is under way on it. Idempotent. */
  close(): void;
}

/** How a link is made. */
export interface LinkOptions {
  readonly address: string;
  readonly prefix: Prefix;
  readonly credentials: DialCredentials;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly keepaliveMs: number;
  readonly keepaliveTimeoutMs: number;
  /** Called when the connection is lost. */
  readonly onLost: () => void;
}

const SERVICE = 'conveyor.sidecar.SidecarCoordinator';
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

function createClient({ address, credentials, keepaliveMs, keepaliveTimeoutMs }: LinkOptions): Client {
  return new Client(address, credentials.channel, {
    // a shared connection would stay on the replica that it is connected to, however often we dial
    'grpc.use_local_subchannel_pool': 1,
    'grpc.keepalive_time_ms': keepaliveMs,
    'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
    'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
    'grpc.service_config_disable_resolution': 1,
    // the router is in the cluster: a proxy for the outside is not on the way to it
    'grpc.enable_http_proxy': 0,
  });
}

/** Calls back once when a channel that is connected is so no longer. */
function whenLost(client: Client, lost: () => void): void {
  const channel = client.getChannel();
  channel.watchConnectivityState(connectivityState.READY, Infinity, () => lost());
}

/**
 * Connects to a router. Nothing is registered yet.
 * @throws ConveyorError UNAVAILABLE, DEADLINE_EXCEEDED or CANCELLED when it does not answer.
 */
export async function openLink(options: LinkOptions): Promise<RouterLink> {
  const { address, credentials, clock, timeoutMs, signal } = options;
  const { ca } = credentials;
  const localAddress = await dial(address, { timeoutMs, signal, ca });
  const client = createClient(options);
  let { prefix } = options;
  let watched = false;
  let closed = false;
  let lost = false;
  const methods = () => serviceDefinition(SERVICE, prefix);
  const onLost = (): void => {
    lost = true;
    if (!closed) options.onLost();
  };
  return {
    address,
    localAddress,
    prefix: () => prefix,
    async register(request, settings) {
      const { timeoutMs: totalMs } = settings;
      const result = await eitherPrefix(
        prefix,
        { timeoutMs: totalMs, now: () => clock.now() },
        (tried, leftMs) =>
          unary(client, serviceDefinition(SERVICE, tried).RegisterSidecar, request, {
            ...settings,
            timeoutMs: leftMs,
          }),
      );
      ({ prefix } = result);
      if (!watched) whenLost(client, onLost);
      watched = true;
      return result.answer;
    },
    heartbeat: (request, settings) => unary(client, methods().Heartbeat, request, settings),
    deregister: (request, settings) => unary(client, methods().DeregisterSidecar, request, settings),
    watch: (request, settings) => serverStream(client, methods().WatchPipelineAssignments, request, settings),
    lost: () => lost,
    close() {
      closed = true;
      client.close();
    },
  };
}
