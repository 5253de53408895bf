import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttp2 } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createServer as createTls } from 'node:tls';
import { credentials, ServerCredentials, status } from '@grpc/grpc-js';
import { probePort, type ProbeOptions } from '../../../src/sidecar/discovery/probe/probe.ts';
import type { PortReport } from '../../../src/sidecar/discovery/ports.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import {
  closedPort,
  httpListener,
  type Listener,
  listener,
  silentListener,
} from '../../support/listeners.ts';
import {
  contractText,
  descriptorsOf,
  type FakeOptions,
  type Reflector,
  reflector,
  startService,
} from '../../support/services.ts';
import { waitFor } from '../../support/wait.ts';

failOnLeaks();

const TRANSFORM = 'conveyor.transform.TransformService';
const probe = (port: number, options: Partial<ProbeOptions> = {}): Promise<PortReport> =>
  probePort(port, { credentials: credentials.createInsecure(), ...options });

async function probeService(options: FakeOptions, settings: Partial<ProbeOptions> = {}): Promise<PortReport> {
  const service = await startService(options);
  try {
    return await probe(service.port, settings);
  } finally {
    service.stop();
  }
}

async function probeListener(
  starting: Promise<Listener>,
  settings?: Partial<ProbeOptions>,
): Promise<PortReport> {
  const peer = await starting;
  try {
    const report = await probe(peer.port, settings);
    await waitFor(() => peer.open() === 0, { what: () => `${peer.open()} connections to be closed` });
    return report;
  } finally {
    await peer.close();
  }
}

describe('a port with a service', () => {
  for (const versions of [['v1'], ['v1alpha'], ['v1', 'v1alpha']] as const) {
    it(`is found by reflection ${versions.join(' and ')}`, async () => {
      const report = await probeService({ versions });
      assert.equal(report.state, 'services');
      assert.equal(report.reflection, versions[0]);
      const [service] = report.services;
      assert.equal(service?.protoService, TRANSFORM);
      assert.equal(service.kind, 'transform');
    });
  }

  it('is found when "unimplemented" for v1 comes late: after the list, or as a plain end', async () => {
    const files = descriptorsOf(...contractText('transform'));
    const whole = reflector([TRANSFORM], files);
    const answers: Reflector[] = [
      (question) => (question.messageRequest === 'listServices' ? whole(question) : status.UNIMPLEMENTED),
      () => undefined,
      () => ({ errorResponse: { errorCode: status.UNIMPLEMENTED, errorMessage: '' } }),
    ];
    for (const late of answers) {
      let asked = 0;
      const reflect: Reflector = (question) => {
        if (question.messageRequest === 'listServices') asked += 1;
        return asked > 1 ? whole(question) : late(question);
      };
      const report = await probeService({ reflect });
      assert.equal(report.state, 'services', report.reason);
      assert.equal(report.reflection, 'v1alpha');
    }
  });

  it('is found when the server hands out one file at a time', async () => {
    const services = ['acme.transform.TransformService'];
    const files = descriptorsOf(...contractText('transform', 'acme'));
    const report = await probeService({ services, files, reflect: reflector(services, files, true) });
    assert.equal(report.state, 'services', report.reason);
  });

  it('states its limits', async () => {
    const capabilities = {
      transformId: 'mask-pii',
      maxBatchSize: 50,
      maxConcurrentBatches: 3,
      supportedRecordTypes: ['flight'],
    };
    const report = await probeService({ capabilities });
    assert.deepEqual(report.services[0]?.limits, {
      ownId: 'mask-pii',
      maxBatchSize: 50,
      maxConcurrentBatches: 3,
      supportedRecordTypes: ['flight'],
      availableCapacity: 0,
    });
  });

  it('states nothing when GetCapabilities is not implemented', async () => {
    const report = await probeService({ capabilities: 'unimplemented' });
    assert.equal(report.services[0]?.limits?.maxBatchSize, 0);
    assert.deepEqual(report.services[0].limits.supportedRecordTypes, []);
  });

  it('is told apart from one that does not answer GetCapabilities in time', async () => {
    const report = await probeService({ capabilities: 'silent' }, { timeoutMs: 300 });
    assert.equal(report.state, 'services');
    assert.equal(report.services[0]?.limits, undefined);
  });

  it('reads the capacity of a sink', async () => {
    const report = await probeService({ services: ['conveyor.sink.SinkService'] });
    assert.equal(report.services[0]?.kind, 'sink');
    assert.equal(report.services[0].limits?.availableCapacity, 500);
  });

  it('is one service for the twins of both prefixes, on 127.0.0.1', async () => {
    const services = ['conveyor_etl.sink.SinkService', 'conveyor.sink.SinkService'];
    const files = descriptorsOf(...contractText('sink'), ...contractText('sink', 'conveyor_etl'));
    const report = await probeService({ services, files, host: '::' });
    assert.deepEqual(
      report.services.map(({ protoService }) => protoService),
      ['conveyor.sink.SinkService'],
    );
    assert.match(report.endpoint, /^127\.0\.0\.1:/);
  });

  it('is found on ::1 alone', async () => {
    const report = await probeService({ host: '::1' });
    assert.equal(report.state, 'services');
    assert.match(report.endpoint, /^\[::1\]:/);
  });
});

describe('a port without a usable service', () => {
  it('is closed', async () => {
    const report = await probe(await closedPort());
    assert.equal(report.state, 'closed');
    assert.equal(report.reason, 'connection refused');
  });

  it('is silent, and costs its time and no socket', async () => {
    const report = await probeListener(silentListener(), { preflightTimeoutMs: 150 });
    assert.equal(report.state, 'silent');
    assert.ok(report.probeMs < 1_000, `took ${report.probeMs} ms`);
  });

  it('speaks HTTP/1', async () => {
    assert.equal((await probeListener(httpListener())).state, 'http1');
  });

  it('speaks something else', async () => {
    const report = await probeListener(listener((socket) => void socket.end('SSH-2.0-OpenSSH_9.6\r\n')));
    assert.equal(report.state, 'garbage');
    assert.match(report.reason, /SSH-2\.0/);
  });

  it('hangs up', async () => {
    assert.equal((await probeListener(listener((socket) => void socket.destroy()))).state, 'hung-up');
  });

  it('drips bytes that never make an answer', async () => {
    const drip = listener((socket) => {
      const timer = setInterval(() => socket.write('\0'), 40);
      socket.on('close', () => clearInterval(timer));
    });
    const report = await probeListener(drip, { preflightTimeoutMs: 150 });
    assert.equal(report.state, 'silent');
  });

  it('is HTTP/2 without gRPC', async () => {
    const server = createHttp2((_request, response) => {
      response.writeHead(404);
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const report = await probe((server.address() as AddressInfo).port);
    server.close();
    assert.equal(report.state, 'no-reflection');
  });

  it('has no reflection', async () => {
    const report = await probeService({ versions: [] });
    assert.equal(report.state, 'no-reflection');
    assert.match(report.reason, /neither reflection v1 nor v1alpha/);
  });

  it('goes silent between the preflight and the first call: no socket is left', async () => {
    const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    const peer = listener((socket, index) => {
      socket.resume();
      if (index === 0) socket.write(settings);
    });
    const report = await probeListener(peer, { timeoutMs: 300 });
    assert.equal(report.state, 'reflection-failed');
  });

  it('refuses after the preflight', async () => {
    const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    const peer = listener((socket, index) => {
      if (index === 0) socket.write(settings);
      else socket.destroy();
    });
    const report = await probeListener(peer, { timeoutMs: 500 });
    assert.equal(report.state, 'reflection-failed');
    assert.match(report.reason, /UNAVAILABLE|DEADLINE_EXCEEDED/);
  });

  it('answers reflection too late', async () => {
    const report = await probeService({ reflect: () => new Promise(() => undefined) }, { timeoutMs: 250 });
    assert.equal(report.state, 'reflection-failed');
    assert.match(report.reason, /DEADLINE_EXCEEDED/);
  });

  it('is a router or another sidecar', async () => {
    const services = ['conveyor.sidecar.SidecarCoordinator', 'conveyor_etl.router.RouterAdmin'];
    const report = await probeService({ services, files: [] });
    assert.equal(report.state, 'empty');
  });
});

describe('hostile reflection', () => {
  const limits = { maxBytes: 64 * 1024, maxFiles: 16, maxServices: 8 };

  it('with huge answers is cut off', async () => {
    const bytes = Buffer.alloc(128 * 1024);
    const reflect: Reflector = (question) =>
      question.messageRequest === 'listServices'
        ? { listServicesResponse: { service: [{ name: 'a.B' }] } }
        : { fileDescriptorResponse: { fileDescriptorProto: [bytes] } };
    const report = await probeService({ reflect }, { limits });
    assert.equal(report.state, 'reflection-failed');
    assert.match(report.reason, /RESOURCE_EXHAUSTED|TOO_LARGE/);
  });

  it('with endless imports is cut off, by bytes or by files', async () => {
    let made = 0;
    const next = (): Buffer =>
      Buffer.from(
        `\n\x06f${String(made++).padStart(5, '0')}\x1a\x06f${String(made).padStart(5, '0')}`,
        'latin1',
      );
    const reflect: Reflector = (question) =>
      question.messageRequest === 'listServices'
        ? { listServicesResponse: { service: [{ name: 'a.B' }] } }
        : { fileDescriptorResponse: { fileDescriptorProto: [next()] } };
    const report = await probeService({ reflect }, { limits });
    assert.equal(report.state, 'reflection-failed');
    assert.match(report.reason, /TOO_LARGE/);
    assert.ok(made < 40, `asked for ${made} files`);
  });

  it('with too many small answers is cut off by their sum', async () => {
    const filler = Buffer.from(`\n\x04file*${String.fromCharCode(0)}`, 'latin1');
    const reflect: Reflector = (question) =>
      question.messageRequest === 'listServices'
        ? { listServicesResponse: { service: ['a.A', 'a.B', 'a.C', 'a.D'].map((name) => ({ name })) } }
        : { fileDescriptorResponse: { fileDescriptorProto: Array(3_000).fill(filler) as Buffer[] } };
    const report = await probeService({ reflect }, { limits });
    assert.match(report.reason, /TOO_LARGE/);
  });

  it('with too many services is refused', async () => {
    const service = Array.from({ length: 9 }, (_, index) => ({ name: `a.S${index}` }));
    const report = await probeService({ reflect: () => ({ listServicesResponse: { service } }) }, { limits });
    assert.match(report.reason, /lists 9 services, above 8/);
  });

  it('with names that could steer a terminal is refused', async () => {
    const reflect: Reflector = () => ({ listServicesResponse: { service: [{ name: 'a.\u001b[2J' }] } });
    const report = await probeService({ reflect });
    assert.equal(report.state, 'reflection-failed');
    assert.ok(!report.reason.includes('\u001b'), report.reason);
  });

  it('with cyclic imports ends', async () => {
    const file = (name: string, imports: string): Buffer =>
      Buffer.from(`\n\x01${name}\x1a\x01${imports}`, 'latin1');
    const reflect: Reflector = (question) => {
      if (question.messageRequest === 'listServices')
        return { listServicesResponse: { service: [{ name: 'a.B' }] } };
      const bytes = question.fileByFilename === 'y' ? file('y', 'x') : file('x', 'y');
      return { fileDescriptorResponse: { fileDescriptorProto: [bytes] } };
    };
    const report = await probeService({ reflect }, { limits });
    assert.equal(report.state, 'empty');
    assert.equal(report.services[0]?.kind, 'unknown');
  });

  it('with garbage for descriptors is named as such', async () => {
    const reflect: Reflector = (question) =>
      question.messageRequest === 'listServices'
        ? { listServicesResponse: { service: [{ name: 'a.B' }] } }
        : {
            fileDescriptorResponse: { fileDescriptorProto: [Buffer.from('\xff\xff\xff garbage', 'latin1')] },
          };
    const report = await probeService({ reflect });
    assert.equal(report.state, 'reflection-failed');
    assert.match(report.reason, /MALFORMED/);
  });

  it('that knows one service and not another gives the one', async () => {
    const services = [TRANSFORM, 'acme.Ghost'];
    const files = descriptorsOf(...contractText('transform'));
    const report = await probeService({ services: [TRANSFORM], reflect: reflector(services, files) });
    assert.deepEqual(
      report.services.map(({ kind }) => kind),
      ['transform', 'unknown'],
    );
  });
});

describe('a port that speaks TLS', () => {
  const directory = mkdtempSync(join(tmpdir(), 'conveyor-tls-'));
  after(() => rmSync(directory, { recursive: true }));
  const key = join(directory, 'key.pem');
  const certificate = join(directory, 'certificate.pem');
  const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost';
  execFileSync('openssl', [...request.split(' '), '-keyout', key, '-out', certificate], { stdio: 'ignore' });

  it('is told by a gRPC server', async () => {
    const pair = { private_key: readFileSync(key), cert_chain: readFileSync(certificate) };
    const report = await probeService({ credentials: ServerCredentials.createSsl(null, [pair]) });
    assert.equal(report.state, 'tls');
  });

  it('is told by any server', async () => {
    const server = createTls({ key: readFileSync(key), cert: readFileSync(certificate) }, (socket) =>
      socket.end(),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const report = await probe((server.address() as AddressInfo).port);
    server.close();
    assert.equal(report.state, 'tls');
  });
});
