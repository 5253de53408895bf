import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import { serviceDefinition } from '../../../src/foundation/grpc/definitions.ts';
import type { RegisterSidecarResponse } from '../../../src/foundation/grpc/gen/conveyor/sidecar/RegisterSidecarResponse.ts';
import { listen, shutdown } from '../../../src/foundation/grpc/server.ts';
import { tlsCredentials } from '../../../src/sidecar/cluster-client/link/credentials.ts';
import { type TestCertificates, testCertificates } from '../../support/certificates.ts';
import { useKeep } from '../../support/keep.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { recordLog } from '../../support/log.ts';
import { waitFor } from '../../support/wait.ts';
import { startHarness } from './harness.ts';
import { startScriptedRouter } from './scripted-router.ts';

describe('what a session shows to a router', () => {
  failOnLeaks();
  const keep = useKeep();

  /** A router by TLS that writes down the authorization of each call. */
  async function secureRouter(files: TestCertificates): Promise<{ address: string; shown: string[] }> {
    const shown: string[] = [];
    const server = new Server();
    const note = (call: ServerUnaryCall<unknown, unknown>): void =>
      void shown.push(String(call.metadata.get('authorization')[0] ?? 'none'));
    server.addService(serviceDefinition('conveyor.sidecar.SidecarCoordinator'), {
      RegisterSidecar(
        call: ServerUnaryCall<unknown, unknown>,
        reply: sendUnaryData<RegisterSidecarResponse>,
      ) {
        note(call);
        reply(null, { success: true, registrationId: 'r', heartbeatIntervalMs: 100 });
      },
      Heartbeat(call: ServerUnaryCall<unknown, unknown>, reply: sendUnaryData<{ acknowledged: boolean }>) {
        note(call);
        reply(null, { acknowledged: true });
      },
      DeregisterSidecar: (_call: unknown, reply: sendUnaryData<object>) =>
        reply({ code: status.UNIMPLEMENTED }),
      WatchPipelineAssignments: () => undefined,
    });
    const pair = { private_key: readFileSync(files.keyFile), cert_chain: readFileSync(files.certFile) };
    const port = await listen(server, { port: 0, credentials: ServerCredentials.createSsl(null, [pair]) });
    keep({ stop: () => shutdown(server, AbortSignal.abort()) });
    return { address: `localhost:${port}`, shown };
  }

  it('is the token as it is at each call; without one it goes on and says so', async () => {
    const files = keep(testCertificates());
    const tokenFile = join(dirname(files.caFile), 'token');
    writeFileSync(tokenFile, 'first\n');
    const router = await secureRouter(files);
    const logger = recordLog();
    keep(
      await startHarness({
        addresses: [router.address],
        credentials: tlsCredentials({ ...files, tokenFile, logger }),
      }),
    );
    await waitFor(() => router.shown.length > 2);
    assert.deepEqual(new Set(router.shown), new Set(['Bearer first']));
    writeFileSync(tokenFile, 'second');
    await waitFor(() => router.shown.includes('Bearer second'));
    rmSync(tokenFile);
    await waitFor(() => router.shown.filter((each) => each === 'none').length > 2);
    assert.equal(logger.lines.filter(({ level }) => level === 'warn').length, 1);
  });

  it('is nothing at all before it knows the router by its authorities', async () => {
    const [files, others] = [keep(testCertificates()), keep(testCertificates())];
    const router = await secureRouter(others);
    const tokenFile = join(dirname(files.caFile), 'token');
    writeFileSync(tokenFile, 'secret');
    const credentials = tlsCredentials({ ...files, tokenFile, logger: recordLog() });
    const session = keep(await startHarness({ addresses: [router.address], credentials }));
    const line = await waitFor(() => session.lines.find(({ level }) => level === 'warn'));
    assert.equal(line.message, 'router out of reach, trying on with the routes as they are');
    assert.match(String(line.fields['reason']), /certificate|issuer/);
    assert.deepEqual(router.shown, []);
    writeFileSync(files.caFile, readFileSync(others.caFile));
    await waitFor(() => router.shown.includes('Bearer secret'));
  });
});

describe('a router that refuses', () => {
  failOnLeaks();
  const keep = useKeep();

  it('is told from one that is out of reach', async () => {
    const router = keep(
      await startScriptedRouter({
        script: { register: () => ({ success: false, error: 'SIDECAR_ID_IN_USE: taken' }) },
      }),
    );
    const session = keep(await startHarness({ addresses: [router.address] }));
    const line = await waitFor(() => session.lines.find(({ level }) => level === 'warn'));
    assert.equal(line.message, 'router refuses this sidecar, trying on with the routes as they are');
    assert.equal(line.fields['reason'], 'SIDECAR_ID_IN_USE: taken');
    await router.stop();
    await waitFor(() => session.lines.some(({ message }) => message.startsWith('router out of reach')));
  });

  it('to go on with a watch is asked at once whether it still leads', async () => {
    const router = keep(await startScriptedRouter());
    keep(await startHarness({ addresses: [router.address], timings: { heartbeatIntervalMs: 60_000 } }));
    await waitFor(() => router.watches.length === 1 && router.heartbeats.length === 1);
    router.watch().emit('error', { code: status.UNAVAILABLE, details: 'this router leads no more' });
    await waitFor(() => router.heartbeats.length > 1);
  });
});
