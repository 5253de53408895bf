import {
  logVerbosity,
  Server,
  type ServerCredentials,
  type ServerOptions,
  setLogVerbosity,
} from '@grpc/grpc-js';
import { guarded, type TellFault } from './faults.ts';
import { anyHost, hostPort, notListening } from '../net/address.ts';

/** How a gRPC server listens. */
export interface ListenOptions {
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
  readonly credentials: ServerCredentials;
}

/**
 * Binds and serves; resolves to the port.
 * @throws ConveyorError FAILED_PRECONDITION that names the port when it is taken.
 */
export function listen(
  server: Server,
  { host = anyHost(), port, credentials }: ListenOptions,
): Promise<number> {
  // grpc-js writes to stderr by itself what the error says
  setLogVerbosity(logVerbosity.NONE);
  return new Promise((resolve, reject) => {
    server.bindAsync(hostPort(host, port), credentials, (error, bound) => {
      if (error === null) {
        resolve(bound);
        return;
      }
      const [, reason = error.message] = /errors: \[(.*)\]$/.exec(error.message) ?? [];
      reject(notListening(hostPort(host, port), reason, error));
    });
  });
}

/**
 * Lets calls end, then closes; when the signal aborts, ends them by force. `tryShutdown` waits for ever while a
 * stream is open, and may never call back (grpc/grpc-node#1458). `forceShutdown` knows the connections by channelz alone:
 * with `grpc.enable_channelz` 0 it would close none.
 */
export function shutdown(server: Server, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const force = (): void => {
      server.forceShutdown();
      resolve();
    };
    if (signal.aborted) {
      force();
      return;
    }
    signal.addEventListener('abort', force, { once: true });
    server.tryShutdown(() => {
      signal.removeEventListener('abort', force);
      resolve();
    });
  });
}

/** What a server is made of beside grpc-js's own options. */
export type CreateServerOptions = ServerOptions & {
  readonly maxMessageBytes: number;
  readonly tellFault: TellFault;
};

/** A server with the limits that every server of the project has. The faults of its handlers are told. */
export function createServer(options: CreateServerOptions): Server {
  const { maxMessageBytes, tellFault, ...rest } = options;
  const server = new Server({
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': -1,
    // a peer that went away without a word is noticed, one that pings too often is not served
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.max_concurrent_streams': 1_024,
    ...rest,
  });
  const addService = server.addService.bind(server);
  server.addService = (service, handlers) => addService(service, guarded(handlers, tellFault));
  return server;
}
