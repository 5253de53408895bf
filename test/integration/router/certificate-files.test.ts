import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { connect } from 'node:tls';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { Server } from '@grpc/grpc-js';
import { listen, shutdown } from '../../../src/foundation/grpc/server.ts';
import { systemClock } from '../../../src/foundation/lifecycle/clock.ts';
import { certificateFiles } from '../../../src/router/api/certificate-files.ts';
import { testCertificates } from '../../support/certificates.ts';
import { useKeep } from '../../support/keep.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { recordLog } from '../../support/log.ts';
import { waitFor } from '../../support/wait.ts';

describe('a certificate in files', () => {
  failOnLeaks();
  const keep = useKeep();

  it('is served once it is there and as it changes; what is wrong with it changes nothing', async () => {
    const files = keep(testCertificates());
    const key = readFileSync(files.keyFile);
    rmSync(files.keyFile);
    const logger = recordLog();
    const certificate = certificateFiles({ ...files, clock: systemClock, logger, periodMs: 10 });
    keep({ stop: () => certificate.stop(AbortSignal.abort()) });
    await certificate.start(AbortSignal.abort());
    const server = new Server();
    keep({ stop: () => shutdown(server, AbortSignal.abort()) });
    const port = await listen(server, { port: 0, credentials: certificate.credentials });
    const served = async (): Promise<boolean> => {
      const socket = connect({
        host: 'localhost',
        port,
        ca: readFileSync(files.caFile),
        ALPNProtocols: ['h2'],
      });
      try {
        await once(socket, 'secureConnect');
        return socket.authorized;
      } finally {
        socket.destroy();
      }
    };
    await assert.rejects(served());
    assert.equal(certificate.notAfterMs(), undefined);

    writeFileSync(files.keyFile, key);
    await waitFor(served);
    assert.ok((certificate.notAfterMs() ?? 0) > Date.now());

    writeFileSync(files.keyFile, 'no key');
    await waitFor(() => logger.lines.some(({ fields }) => fields['held'] === true));
    assert.equal(await served(), true);

    files.rotate();
    await waitFor(served);
    const complaints = logger.lines.filter(({ level }) => level === 'warn');
    assert.equal(complaints.length, 2, 'each once');
  });
});
