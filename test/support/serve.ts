import { type Server, ServerCredentials } from '@grpc/grpc-js';
import { listen } from '../../src/foundation/grpc/server.ts';
import { hostPort } from '../../src/foundation/net/address.ts';

/** A gRPC server of a test that listens. */
export interface Serving {
  readonly port: number;
  /** `host:port`. */
  readonly address: string;
  /** Ends it and every call in it at once. */
  stop(): Promise<void>;
}

/** Has a server listen. @param at loopback and any free port unless told. */
export async function serve(
  server: Server,
  { host = '127.0.0.1', port: wanted = 0 }: { readonly host?: string; readonly port?: number } = {},
): Promise<Serving> {
  const port = await listen(server, { host, port: wanted, credentials: ServerCredentials.createInsecure() });
  return {
    port,
    address: hostPort(host, port),
    stop() {
      server.forceShutdown();
      return Promise.resolve();
    },
  };
}
