import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { Client, credentials, type handleUnaryCall, ServerCredentials } from '@grpc/grpc-js';
import { unary } from '../../../src/foundation/grpc/call.ts';
import { serviceDefinition } from '../../../src/foundation/grpc/definitions.ts';
import { createFaultLog } from '../../../src/foundation/grpc/faults.ts';
import type { PipelineConfig } from '../../../src/foundation/grpc/gen/conveyor/router/PipelineConfig.ts';
import { createServer, listen, shutdown } from '../../../src/foundation/grpc/server.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { recordLog } from '../../support/log.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { waitFor } from '../../support/wait.ts';
import { peer, startRouter } from './harness.ts';

const FAULT = 'a call failed by a fault of ours';
const broken = (): never => {
  throw new TypeError('no such thing');
};

describe('a fault in a handler', () => {
  failOnLeaks();

  it('of a change is a status and a line, not a refusal of the change', async (test) => {
    const logger = recordLog();
    const { router, directory } = await startRouter(test, {}, { logger });
    await rm(directory, { recursive: true });
    await writeFile(directory, 'no directory any more');
    const client = new Client(`127.0.0.1:${router.port}`, credentials.createInsecure());
    const { CreatePipeline } = serviceDefinition('conveyor.router.RouterAdmin');
    const config: PipelineConfig = {
      ...{ id: 'a/p', enabled: true, edges: [{ fromStage: 'in', toStage: 'out' }] },
      stages: [
        { id: 'in', stageType: 'STAGE_TYPE_SOURCE', serviceSelector: { serviceName: 'src' } },
        { id: 'out', stageType: 'STAGE_TYPE_SINK', serviceSelector: { serviceName: 'store' } },
      ],
    };
    await assert.rejects(unary(client, CreatePipeline, { config }, { timeoutMs: 5_000 }), {
      code: 'INTERNAL',
    });
    client.close();
    const [told] = logger.lines.filter(({ message }) => message === FAULT);
    assert.match(String(told?.fields['error']), /ENOTDIR/);
  });

  it('of the router is in the log with its stack, of calls and of watches; a refusal is not', async (test) => {
    const logger = recordLog();
    let identify: () => Promise<undefined> = () => Promise.resolve(undefined);
    const gate = { identify: () => identify(), authorize: () => Promise.resolve() };
    const router = await startRouter(test, {}, { logger, gate });
    const a = peer(test, router, 'a');
    await a.register([]);
    identify = () => Promise.resolve().then(broken);
    await assert.rejects(a.heartbeat(), { code: 'INTERNAL' });
    const watch = a.watch();
    await waitFor(() => watch.ended());
    const faults = () => logger.lines.filter(({ message }) => message === FAULT);
    await waitFor(() => faults().length === 2, { what: () => JSON.stringify(logger.lines) });
    assert.deepEqual(
      faults().map(({ level, fields }) => [level, fields['method']]),
      ['Heartbeat', 'WatchPipelineAssignments'].map((name) => [
        'error',
        `/conveyor.sidecar.SidecarCoordinator/${name}`,
      ]),
    );
    const { cause } = faults()[0]!.fields['error'] as Error;
    assert.match((cause as Error).stack ?? '', /faults\.test\.ts/);
  });

  it('that throws before it answers is told once a minute, the others are counted', async () => {
    const logger = recordLog();
    const clock = manualClock();
    const server = createServer({ maxMessageBytes: 1_024, tellFault: createFaultLog({ logger, clock }) });
    const definition = serviceDefinition('grpc.health.v1.Health');
    const Check: handleUnaryCall<object, object> = broken;
    server.addService(definition, { Check });
    const port = await listen(server, {
      ...{ host: '127.0.0.1', port: 0 },
      credentials: ServerCredentials.createInsecure(),
    });
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    const call = () =>
      assert.rejects(unary(client, definition.Check, {}, { timeoutMs: 5_000 }), { code: 'UNKNOWN' });
    for (let calls = 0; calls < 3; calls++) await call();
    assert.equal(logger.lines.length, 1);
    await clock.advance(60_000);
    await call();
    assert.deepEqual(
      logger.lines.map(({ fields }) => fields['more']),
      [0, 2],
    );
    client.close();
    await shutdown(server, AbortSignal.timeout(500));
  });
});
