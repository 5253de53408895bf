import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { credentials } from '@grpc/grpc-js';
import { type DiscoverReport, discoverOnce } from '../../../src/sidecar/discovery/discover.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { closedPort, httpListener, listener, silentListener } from '../../support/listeners.ts';
import { contractText, descriptorsOf, startService } from '../../support/services.ts';
import { waitFor } from '../../support/wait.ts';

failOnLeaks();

const discover = (ports: readonly number[]): Promise<DiscoverReport> =>
  discoverOnce({
    candidates: { ports, names: new Map(), hints: new Map() },
    credentials: credentials.createInsecure(),
  });

describe('discover', () => {
  const closing: (() => unknown)[] = [];
  after(() => Promise.all(closing.map((close) => close())));

  it('says of ten ports at once what each is and why, within two seconds', async () => {
    const [common = '', transform = ''] = contractText('transform');
    const broken = transform.replace('bytes payload', 'string payload').replace('string batch_id = 1;', '');
    const services = await Promise.all([
      startService({ capabilities: { transformId: 'mask', maxBatchSize: 5 } }),
      startService({ versions: ['v1alpha'], services: ['acme.sink.SinkService'] }),
      startService({ files: descriptorsOf(common, broken) }),
      startService({ versions: [] }),
      startService({ reflect: () => new Promise(() => undefined) }),
    ]);
    const listeners = await Promise.all([
      silentListener(),
      silentListener(),
      httpListener(),
      listener((socket) => void socket.end('hello, who is there?\n')),
    ]);
    closing.push(
      ...services.map((service) => () => service.stop()),
      ...listeners.map((each) => () => each.close()),
    );
    const ports = [...services, ...listeners].map(({ port }) => port);

    const report = await discover([...ports, await closedPort()]);

    assert.ok(report.durationMs < 2_000, `took ${report.durationMs} ms`);
    assert.deepEqual(
      report.ports.map(({ state }) => state),
      [
        ...['services', 'services', 'mismatch', 'no-reflection', 'reflection-failed'],
        ...['silent', 'silent', 'http1', 'garbage', 'closed'],
      ],
    );
    for (const { state, reason } of report.ports) assert.equal(reason === '', state === 'services');
    const [mask, sink, mismatch] = report.ports.map((port) => port.services[0]);
    assert.deepEqual([mask?.name, mask?.kind, mask?.maxBatchSize], ['mask', 'transform', 5]);
    assert.deepEqual([sink?.name, sink?.kind], ['sink', 'sink']);
    assert.equal(mismatch?.name, '');
    assert.ok(mismatch.differences.some((line) => line.includes('batch_id: field 1 is missing')));
    assert.deepEqual(JSON.parse(JSON.stringify(report)), report);
    await waitFor(() => listeners.every((each) => each.open() === 0), {
      what: 'all connections to be closed',
    });
  });

  it('gives the names that a running sidecar would give', async () => {
    const services = await Promise.all([startService(), startService()]);
    closing.push(...services.map((service) => () => service.stop()));
    const { ports } = await discover(services.map(({ port }) => port));
    assert.deepEqual(
      ports.map((port) => port.services[0]?.name),
      services.map(({ port }) => `transform-${port}`),
    );
  });

  it('ends at once when it is cancelled, and leaves nothing open', async () => {
    const silent = await silentListener();
    closing.push(() => silent.close());
    const cancelling = new AbortController();
    const discovering = discoverOnce({
      candidates: { ports: [silent.port], names: new Map(), hints: new Map() },
      credentials: credentials.createInsecure(),
      signal: cancelling.signal,
    });
    await waitFor(() => silent.open() > 0);
    cancelling.abort();
    await assert.rejects(discovering, { code: 'CANCELLED' });
    await waitFor(() => silent.open() === 0);
  });

  it('of no port is an empty report', async () => {
    assert.deepEqual((await discover([])).ports, []);
  });
});
