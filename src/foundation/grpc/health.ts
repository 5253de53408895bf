import type { Server, ServerWritableStream } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { serviceDefinition } from './definitions.ts';
import type { HealthCheckRequest__Output } from './gen/grpc/health/v1/HealthCheckRequest.ts';
import type { HealthCheckResponse } from './gen/grpc/health/v1/HealthCheckResponse.ts';

/** States of the standard health service. */
export type Serving = 'SERVING' | 'NOT_SERVING';

/** Sets what the health service of a server says. */
export interface HealthReporter {
  /** @param service '' for the server as a whole. */
  set(service: string, state: Serving): void;
  /** Ends all watches, so that the server can shut down. */
  close(): void;
}

type Watcher = ServerWritableStream<HealthCheckRequest__Output, HealthCheckResponse>;

/** Adds grpc.health.v1.Health to a server. @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
export function addHealth(server: Server, maxWatchers = 64): HealthReporter {
  const states = new Map<string, Serving>([['', 'SERVING']]);
  const watchers = new Set<Watcher>();

  server.addService(serviceDefinition('grpc.health.v1.Health'), {
    Check(
      call: { request: HealthCheckRequest__Output },
      reply: (error: { code: status; details: string } | null, value?: HealthCheckResponse) => void,
    ) {
      const state = states.get(call.request.service);
      if (state === undefined)
        reply({ code: status.NOT_FOUND, details: `unknown service "${call.request.service}"` });
      else reply(null, { status: state });
    },
    Watch(call: Watcher) {
      if (watchers.size >= maxWatchers) {
        call.emit('error', {
          code: status.RESOURCE_EXHAUSTED,
          details: `more than ${maxWatchers} health watches`,
        });
        return;
      }
      watchers.add(call);
      call.on('cancelled', () => watchers.delete(call));
      call.write({ status: states.get(call.request.service) ?? 'SERVICE_UNKNOWN' });
    },
  });
  return {
    set(service, state) {
      if (states.get(service) === state) return;
      states.set(service, state);
      for (const watcher of watchers)
        if (watcher.request.service === service) watcher.write({ status: state });
    },
    close() {
      for (const watcher of watchers) watcher.end();
      watchers.clear();
    },
  };
}
