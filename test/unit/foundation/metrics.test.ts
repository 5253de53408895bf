import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client, credentials, Server, ServerCredentials, type ServerUnaryCall, status } from '@grpc/grpc-js';
import { Counter, Histogram } from 'prom-client';
import { serverStream, unary } from '../../../src/foundation/grpc/call.ts';
import { serviceDefinition } from '../../../src/foundation/grpc/definitions.ts';
import { addHealth, type HealthReporter } from '../../../src/foundation/grpc/health.ts';
import { listen, shutdown } from '../../../src/foundation/grpc/server.ts';
import { grpcServerMetrics } from '../../../src/foundation/telemetry/grpc-server-metrics.ts';
import {
  createRegistry,
  describeMetrics,
  grammarProblems,
  metricsMarkdown,
} from '../../../src/foundation/telemetry/metrics.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { waitFor } from '../../support/wait.ts';

const health = serviceDefinition('grpc.health.v1.Health');
const sink = serviceDefinition('conveyor.sink.SinkService');

failOnLeaks();

describe('the gRPC server series', () => {
  const registry = createRegistry({ program: 'sidecar', version: '1' });
  const server = new Server({ interceptors: [grpcServerMetrics(registry)] });
  let reporter: HealthReporter;
  let client: Client;

  before(async () => {
    reporter = addHealth(server);
    server.addService(sink, {
      WriteBatch: () => undefined,
      Flush: (_call: ServerUnaryCall<unknown, unknown>, reply: (error: object) => void) =>
        reply({ code: status.FAILED_PRECONDITION, details: 'no' }),
    });
    const port = await listen(server, {
      port: 0,
      host: '127.0.0.1',
      credentials: ServerCredentials.createInsecure(),
    });
    client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  });
  after(async () => {
    client.close();
    reporter.close();
    await shutdown(server, AbortSignal.abort());
  });

  const series = async (line: string): Promise<void> => {
    await waitFor(async () => (await registry.metrics()).split('\n').includes(line), { what: line });
  };
  const of = (type: string, service: string, method: string, code: string): string =>
    `grpc_server_handled_total{grpc_type="${type}",grpc_service="${service}",grpc_method="${method}",grpc_code="${code}"} 1`;

  it('count calls by method and code, and time them', async () => {
    await unary(client, health.Check, { service: '' }, { timeoutMs: 2_000 });
    await series(of('unary', 'grpc.health.v1.Health', 'Check', 'OK'));
    const labels = 'grpc_type="unary",grpc_service="grpc.health.v1.Health",grpc_method="Check"';
    await series(`grpc_server_started_total{${labels}} 1`);
    await series(`grpc_server_handling_seconds_count{${labels}} 1`);
    await assert.rejects(unary(client, sink.Flush, {}, { timeoutMs: 2_000 }));
    await series(of('unary', 'conveyor.sink.SinkService', 'Flush', 'FAILED_PRECONDITION'));
  });

  it('count a stream that is cancelled and a call that runs out of time, once each', async () => {
    for await (const _ of serverStream(client, health.Watch, { service: '' }, { timeoutMs: 2_000 })) break;
    await series(of('server_stream', 'grpc.health.v1.Health', 'Watch', 'CANCELLED'));
    await assert.rejects(unary(client, sink.WriteBatch, {}, { timeoutMs: 30 }), {
      code: 'DEADLINE_EXCEEDED',
    });
    await waitFor(async () => /grpc_method="WriteBatch",grpc_code="\w+"\} 1/.test(await registry.metrics()));
  });

  it('have no labels for methods that the server does not know', async () => {
    const unknown = { ...health.Check, path: '/evil.Service/Method' };
    await assert.rejects(unary(client, unknown, { service: '' }, { timeoutMs: 2_000 }), {
      code: 'UNIMPLEMENTED',
    });
    assert.ok(!(await registry.metrics()).includes('evil'));
  });
});

describe('a registry', () => {
  it('is described as a table, by name', () => {
    const registry = createRegistry({ program: 'router', version: '1' });
    const described = describeMetrics(registry);
    assert.deepEqual(
      described.find(({ name }) => name === 'conveyor_build_info'),
      {
        name: 'conveyor_build_info',
        type: 'gauge',
        help: 'Always 1; the labels say which build runs',
        labels: ['program', 'version', 'node'],
      },
    );
    assert.match(
      metricsMarkdown(registry),
      /\| `conveyor_build_info` \| gauge \| `program`, `version`, `node` \|/,
    );
    assert.deepEqual(grammarProblems(registry), []);
  });

  it('shows names that break the grammar', () => {
    const registry = createRegistry({ program: 'router', version: '1' });
    const registers = [registry];
    new Counter({ name: 'conveyor_sidecar_batches', help: 'x', registers });
    new Histogram({ name: 'conveyor_sidecar_call_ms', help: 'x', registers });
    assert.deepEqual(grammarProblems(registry), [
      'conveyor_sidecar_batches: counters, and they alone, end in _total',
      'conveyor_sidecar_call_ms: name the unit',
      'conveyor_sidecar_call_ms: use base units',
    ]);
  });
});
