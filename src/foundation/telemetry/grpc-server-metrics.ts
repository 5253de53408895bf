import {
  ServerInterceptingCall,
  ServerListenerBuilder,
  type ServerInterceptor,
  type ServerMethodDefinition,
  status,
} from '@grpc/grpc-js';
import { Counter, Histogram, type Registry } from 'prom-client';

/** The series of one method. */
interface MethodSeries {
  started(): void;
  handled(code: number, seconds: number): void;
}

type Described = Pick<ServerMethodDefinition<unknown, unknown>, 'path' | 'requestStream' | 'responseStream'>;

function typeOf({ requestStream, responseStream }: Described): string {
  if (requestStream) return responseStream ? 'bidi_stream' : 'client_stream';
  return responseStream ? 'server_stream' : 'unary';
}

function seriesFactory(registry: Registry): (method: Described) => MethodSeries {
  const labels = ['grpc_type', 'grpc_service', 'grpc_method'] as const;
  const started = new Counter({
    name: 'grpc_server_started_total',
    help: 'Calls that began on the server',
    labelNames: labels,
    registers: [registry],
  });
  const handled = new Counter({
    name: 'grpc_server_handled_total',
    help: 'Calls that ended on the server, by status code',
    labelNames: [...labels, 'grpc_code'] as const,
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'grpc_server_handling_seconds',
    help: 'Time from the start of a call to its end; of a streaming call its whole life',
    labelNames: labels,
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60],
    registers: [registry],
  });
  return (method) => {
    const [, grpc_service = '', grpc_method = ''] = method.path.split('/');
    const of = { grpc_type: typeOf(method), grpc_service, grpc_method };
    return {
      started: () => started.inc(of),
      handled(code, took) {
        handled.inc({ ...of, grpc_code: status[code] ?? 'UNKNOWN' });
        seconds.observe(of, took);
      },
    };
  };
}

/**
 * The standard `grpc_server_*` series of a server, as an interceptor for its `interceptors` option. Only methods that
 * the server has are labelled: grpc-js answers all others before any interceptor.
 * @see https://github.com/grpc-ecosystem/go-grpc-middleware/tree/main/providers/prometheus
 */
export function grpcServerMetrics(registry: Registry): ServerInterceptor {
  const create = seriesFactory(registry);
  const known = new Map<string, MethodSeries>();
  return (method, call) => {
    const series = known.get(method.path) ?? create(method);
    known.set(method.path, series);
    const startedMs = performance.now();
    let ended = false;
    const end = (code: number): void => {
      if (ended) return;
      ended = true;
      series.handled(code, (performance.now() - startedMs) / 1_000);
    };
    series.started();
    return new ServerInterceptingCall(call, {
      start: (next) => next(new ServerListenerBuilder().withOnCancel(() => end(status.CANCELLED)).build()),
      sendStatus(answer, next) {
        end(answer.code);
        next(answer);
      },
    });
  };
}
