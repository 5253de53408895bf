/**
 * What the gRPC applications of this folder share: a server that can be found (reflection) and that ends well.
 * The sidecar asks reflection which services live on a port, so this is all the registration there is.
 */
import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
// in a repository of your own: `new ReflectionService(packageDefinition).addToServer(server)` of @grpc/reflection
import { addReflection } from '../src/foundation/grpc/reflection.ts';

/** One service, and how it is served. */
export interface Served {
  /** Full name, as reflection lists it. */
  readonly service: string;
  readonly definition: ServiceDefinition;
  /** Methods that are left out answer UNIMPLEMENTED, which the sidecar understands. */
  readonly handlers: UntypedServiceImplementation;
  /** Runs when the last call has ended. */
  readonly onStopped?: () => void;
}

/** Serves on 127.0.0.1 (the sidecar is in the same pod) at `PORT`, until SIGTERM or SIGINT. */
export function serve({ service, definition, handlers, onStopped }: Served): void {
  const server = new Server({ 'grpc.max_receive_message_length': 16 * 1024 * 1024 });
  server.addService(definition, handlers);
  addReflection(server, [service]);
  server.bindAsync(
    `127.0.0.1:${process.env['PORT'] ?? '50051'}`,
    ServerCredentials.createInsecure(),
    (error, port) => {
      if (error !== null) {
        console.error(`cannot listen: ${error.message}`);
        process.exitCode = 1;
        return;
      }
      console.log(`${service} listens on 127.0.0.1:${port}`);
    },
  );
  const stop = (): void => {
    // an open reflection or health stream would hold a graceful shutdown for ever
    const force = setTimeout(() => server.forceShutdown(), 5_000).unref();
    server.tryShutdown(() => {
      clearTimeout(force);
      onStopped?.();
    });
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
}
