import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { credentials } from '@grpc/grpc-js';
import { Registry } from 'prom-client';
import { systemClock } from '../../../src/foundation/lifecycle/clock.ts';
import {
  createDiscovery,
  type Discovery,
  type DiscoveryOptions,
} from '../../../src/sidecar/discovery/discovery.ts';
import type { LocalService, ServiceDiff } from '../../../src/sidecar/discovery/tracking/local-service.ts';
import { discoveryMetrics } from '../../../src/sidecar/discovery/metrics.ts';
import type { Candidates } from '../../../src/sidecar/discovery/ports.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { closedPort, listener, silentListener } from '../../support/listeners.ts';
import { type LoggedLine, recordLog } from '../../support/log.ts';
import {
  contractText,
  descriptorsOf,
  type FakeOptions,
  type FakeService,
  reflector,
  startService,
} from '../../support/services.ts';
import { waitFor } from '../../support/wait.ts';

failOnLeaks();

const TRANSFORM = 'conveyor.transform.TransformService';

interface Running {
  readonly discovery: Discovery;
  readonly diffs: ServiceDiff[];
  readonly metrics: Registry;
  readonly lines: LoggedLine[];
  names(): string[];
  only(): LocalService;
  scans(): Promise<number>;
}

const at = (...ports: number[]): Candidates => ({ ports, names: new Map(), hints: new Map() });

/** Discovery at work on these ports, stopped at the end of the test. */
async function discover(
  context: TestContext,
  candidates: Candidates,
  options: Partial<DiscoveryOptions> = {},
): Promise<Running> {
  const metrics = new Registry();
  const logger = recordLog();
  const discovery = createDiscovery({
    candidates,
    credentials: credentials.createInsecure(),
    clock: systemClock,
    logger,
    metrics: discoveryMetrics(metrics),
    fastIntervalMs: 30,
    slowIntervalMs: 30,
    ...options,
  });
  const diffs: ServiceDiff[] = [];
  discovery.registry.onChange((diff) => diffs.push(diff));
  context.after(() => discovery.stop(AbortSignal.timeout(5_000)));
  await discovery.start(new AbortController().signal);
  return {
    discovery,
    diffs,
    metrics,
    lines: logger.lines,
    names: () => discovery.registry.services().map(({ name }) => name),
    only() {
      const services = discovery.registry.services();
      assert.equal(services.length, 1);
      return services[0]!;
    },
    async scans() {
      const values = (await metrics.getSingleMetric('conveyor_sidecar_discovery_probes_total')?.get())
        ?.values;
      return (values ?? []).reduce((sum, { value }) => sum + value, 0) / candidates.ports.length;
    },
  };
}

async function application(context: TestContext, options: FakeOptions = {}): Promise<FakeService> {
  const service = await startService(options);
  context.after(() => service.stop());
  return service;
}

/** Resolves when `count` more scans are over. */
async function moreScans(running: Running, count: number): Promise<void> {
  const before = await running.scans();
  await waitFor(async () => (await running.scans()) >= before + count, { what: `${count} more scans` });
}

describe('an application', () => {
  it('that starts late is found, with all that is known of it', async (context) => {
    const port = await closedPort();
    const running = await discover(context, {
      ports: [port],
      names: new Map(),
      hints: new Map([[port, { portName: 'grpc', container: 'app' }]]),
    });
    await moreScans(running, 2);
    assert.deepEqual(running.names(), []);
    const capabilities = { transformId: 'mask', maxBatchSize: 7, maxConcurrentBatches: 2 };
    await application(context, { port, capabilities });
    await waitFor(() => running.names().length > 0);
    const { name, type, endpoint, container, maxBatchSize, maxConcurrentBatches, health } = running.only();
    assert.deepEqual(
      { name, type, endpoint, container, maxBatchSize, maxConcurrentBatches, health },
      {
        name: 'mask',
        type: 'transform',
        endpoint: `127.0.0.1:${port}`,
        container: 'app',
        maxBatchSize: 7,
        maxConcurrentBatches: 2,
        health: 'healthy',
      },
    );
    assert.equal(running.only().protoService, TRANSFORM);
  });

  it('that goes away is gone after the second refused connection', async (context) => {
    const service = await application(context);
    const running = await discover(context, at(service.port));
    await waitFor(() => running.names().length === 1);
    service.stop();
    await waitFor(() => running.names().length === 0);
    assert.equal(running.diffs.length, 2);
    assert.equal(running.diffs[1]?.removed[0]?.name, 'transform');
  });

  it('that restarts between two scans is no change', async (context) => {
    const service = await application(context);
    const running = await discover(context, at(service.port), { slowIntervalMs: 60_000, fastForMs: 0 });
    await waitFor(() => running.names().length === 1);
    service.stop();
    await application(context, { port: service.port });
    await waitFor(async () => {
      running.discovery.trigger();
      return (await running.scans()) >= 3;
    });
    assert.equal(running.diffs.length, 1);
  });

  it('that moves to another port keeps its bare name, in one change', async (context) => {
    const service = await application(context);
    const port = await closedPort();
    const running = await discover(context, at(service.port, port), {
      fastIntervalMs: 400,
      slowIntervalMs: 400,
    });
    await waitFor(() => running.names().length === 1);
    service.stop();
    await application(context, { port });
    await waitFor(() => running.diffs.length > 1);
    const diff = running.diffs[1];
    assert.deepEqual(running.names(), ['transform']);
    assert.equal(running.only().port, port);
    assert.deepEqual([diff?.added.length, diff?.removed.length], [1, 1]);
  });

  it('that comes back with another contract is a change with another hash', async (context) => {
    const service = await application(context);
    const running = await discover(context, at(service.port));
    await waitFor(() => running.names().length === 1);
    const before = running.only().descriptorHash;
    service.stop();
    const [common = '', transform = ''] = contractText('transform');
    const wider = transform.replace(
      'string error_message = 4;',
      'string error_message = 4; string hint = 5;',
    );
    await application(context, { port: service.port, files: descriptorsOf(common, wider) });
    await waitFor(() => running.names().length === 1 && running.only().descriptorHash !== before);
  });

  it('that comes back with a contract that does not fit is not routed to, and said once', async (context) => {
    const service = await application(context);
    const running = await discover(context, at(service.port));
    await waitFor(() => running.names().length === 1);
    service.stop();
    const [common = '', transform = ''] = contractText('transform');
    const broken = transform.replace('string error_message = 4;', 'string error_message = 9;');
    await application(context, { port: service.port, files: descriptorsOf(common, broken) });
    await waitFor(() => running.names().length === 0 && running.diffs.length > 1);
    await waitFor(() => running.discovery.snapshot().ports[0]?.state === 'mismatch');
    await moreScans(running, 2);
    const port = running.discovery.snapshot().ports[0];
    assert.match(port?.reason ?? '', /error_message: field 4 has number 9 instead of 4/);
    const warnings = running.lines.filter(({ level }) => level === 'warn');
    assert.equal(warnings.length, 1);
  });

  it('is not flapped by one lost probe', async (context) => {
    const files = descriptorsOf(...contractText('transform'));
    const whole = reflector([TRANSFORM], files);
    let lose = false;
    let lost = 0;
    const service = await application(context, {
      reflect: (question) => {
        if (!lose) return whole(question);
        lose = false;
        lost += 1;
        return new Promise(() => undefined);
      },
    });
    const running = await discover(context, at(service.port), { probe: { timeoutMs: 1_500 } });
    await waitFor(() => running.names().length === 1);
    for (const losses of [1, 2]) {
      lose = true;
      await waitFor(() => lost === losses);
      await moreScans(running, 3);
    }
    assert.equal(running.diffs.length, 1);
    assert.equal(running.only().health, 'healthy');
  });

  it('that hangs is unhealthy, then gone; and neither while its calls succeed', async (context) => {
    const whole = reflector([TRANSFORM], descriptorsOf(...contractText('transform')));
    let hangs = false;
    const service = await application(context, {
      reflect: (question) => (hangs ? new Promise(() => undefined) : whole(question)),
    });
    const running = await discover(context, at(service.port), { probe: { timeoutMs: 60 } });
    await waitFor(() => running.names().length === 1);
    hangs = true;
    const calls = setInterval(
      () => running.discovery.registry.reportCall(service.endpoint, TRANSFORM, 'ok'),
      5,
    );
    context.after(() => clearInterval(calls));
    await moreScans(running, 8);
    assert.equal(running.only().health, 'healthy');
    clearInterval(calls);
    await waitFor(() => running.only().health === 'unhealthy');
    assert.match(running.only().healthMessage, /not found by probes: reflection failed: DEADLINE_EXCEEDED/);
    await waitFor(() => running.names().length === 0);
  });
});

describe('health', () => {
  it('follows grpc.health.v1 of the service, and of the server where it has no other', async (context) => {
    const service = await application(context, { health: true });
    const running = await discover(context, at(service.port));
    await waitFor(() => running.names().length === 1);
    service.health?.set('', 'NOT_SERVING');
    await waitFor(() => running.only().health === 'unhealthy');
    assert.match(running.only().healthMessage, /NOT_SERVING/);
    service.health?.set('', 'SERVING');
    await waitFor(() => running.only().health === 'healthy');

    const named = await startService({ health: true });
    context.after(() => named.stop());
    named.health?.set(TRANSFORM, 'NOT_SERVING');
    running.discovery.setCandidates(at(named.port));
    await waitFor(() => running.only().port === named.port && running.only().health === 'unhealthy');
  });

  it('asks again and again where Watch is not offered', async (context) => {
    const service = await application(context, { health: 'check' });
    const running = await discover(context, at(service.port));
    await waitFor(() => running.names().length === 1 && running.only().health === 'unhealthy');
  });

  it('a watch that breaks brings a scan at once', async (context) => {
    const service = await application(context, { health: true });
    const running = await discover(context, at(service.port), { slowIntervalMs: 60_000, fastForMs: 0 });
    await waitFor(() => running.names().length === 1);
    const found = performance.now();
    // a watch counts once it has worked for a second
    await waitFor(() => performance.now() - found > 1_200);
    service.stop();
    await waitFor(() => running.names().length === 0, { timeoutMs: 2_000 });
  });

  it('follows real calls: degraded, unhealthy, and back on trial after a fresh probe', async (context) => {
    const service = await application(context);
    const running = await discover(context, at(service.port));
    await waitFor(() => running.names().length === 1);
    const report = (outcome: 'ok' | 'failed' | 'unusable'): void =>
      running.discovery.registry.reportCall(service.endpoint, TRANSFORM, outcome);
    for (let failures = 0; failures < 3; failures += 1) report('failed');
    assert.equal(running.only().health, 'degraded');
    report('ok');
    assert.equal(running.only().health, 'healthy');
    for (let failures = 0; failures < 5; failures += 1) report('failed');
    assert.equal(running.only().health, 'unhealthy');
    await waitFor(() => running.only().health === 'degraded');
    report('ok');
    report('unusable');
    assert.equal(running.only().health, 'unhealthy');
    await waitFor(() => running.only().health === 'healthy');
  });

  it('calls to what is unknown are ignored', async (context) => {
    const running = await discover(context, at(await closedPort()));
    running.discovery.registry.reportCall('127.0.0.1:1', TRANSFORM, 'failed');
    assert.deepEqual(running.diffs, []);
  });
});

describe('the set of services', () => {
  it('gives one name to nobody when two come to it, and back when one leaves', async (context) => {
    const first = await application(context);
    const second = await closedPort();
    const running = await discover(context, at(first.port, second));
    await waitFor(() => running.names().join() === 'transform');
    const other = await application(context, { port: second });
    const expected = [`transform-${first.port}`, `transform-${second}`].sort();
    await waitFor(() => running.names().length === 2);
    assert.deepEqual(running.names(), expected);
    other.stop();
    await waitFor(() => running.names().join() === 'transform');
  });

  it('prefers configured names', async (context) => {
    const { port } = await application(context, { capabilities: { transformId: 'own' } });
    const running = await discover(context, { ...at(port), names: new Map([[port, 'mask-pii']]) });
    await waitFor(() => running.names().length === 1);
    assert.deepEqual(running.names(), ['mask-pii']);
  });

  it('follows the candidates, which may change', async (context) => {
    const one = await application(context);
    const two = await application(context, { services: ['conveyor.sink.SinkService'] });
    const running = await discover(context, at(one.port), { slowIntervalMs: 60_000, fastForMs: 0 });
    await waitFor(() => running.names().join() === 'transform');
    running.discovery.setCandidates(at(two.port));
    await waitFor(() => running.names().join() === 'sink');
    assert.deepEqual(
      running.discovery.snapshot().ports.map(({ port }) => port),
      [two.port],
    );
  });

  it('survives a listener that throws', async (context) => {
    const service = await application(context);
    const running = await discover(context, at(service.port));
    running.discovery.registry.onChange(() => {
      throw new Error('listener');
    });
    await waitFor(() => running.names().length === 1);
    service.stop();
    await waitFor(() => running.names().length === 0);
  });

  it('is measured', async (context) => {
    const service = await application(context);
    const running = await discover(context, at(service.port, await closedPort()));
    await waitFor(() => running.names().length === 1);
    await moreScans(running, 1);
    const text = await running.metrics.metrics();
    assert.match(text, /conveyor_sidecar_discovery_ports\{state="services"\} 1/);
    assert.match(text, /conveyor_sidecar_discovery_ports\{state="closed"\} 1/);
    assert.match(text, /conveyor_sidecar_discovery_services\{type="transform",health="healthy"\} 1/);
    assert.match(text, /conveyor_sidecar_discovery_changes_total\{change="added"\} 1/);
  });
});

describe('scans', () => {
  it('do not follow a stream of triggers without a pause', async (context) => {
    const service = await application(context);
    const running = await discover(context, at(service.port), {
      fastIntervalMs: 200,
      slowIntervalMs: 60_000,
      fastForMs: 0,
    });
    await waitFor(() => running.names().length === 1);
    const begin = performance.now();
    const before = await running.scans();
    await waitFor(() => {
      running.discovery.trigger();
      return performance.now() - begin > 450;
    });
    assert.ok((await running.scans()) - before <= 6);
  });

  it('end at once when discovery stops, also on silent ports', async (context) => {
    const silent = await silentListener();
    context.after(() => silent.close());
    const running = await discover(context, at(silent.port));
    await waitFor(() => silent.open() > 0);
    const begin = performance.now();
    await running.discovery.stop(AbortSignal.timeout(5_000));
    assert.ok(performance.now() - begin < 500);
    await waitFor(() => silent.open() === 0);
  });

  it('leave no connection behind at a port that is silent for long', async (context) => {
    const silent = await silentListener();
    context.after(() => silent.close());
    const hanging = await listener((socket) => void socket.end());
    context.after(() => hanging.close());
    const running = await discover(context, at(silent.port, hanging.port), {
      probe: { preflightTimeoutMs: 20 },
    });
    await moreScans(running, 10);
    await running.discovery.stop(AbortSignal.timeout(5_000));
    assert.ok(silent.taken() >= 10);
    await waitFor(() => silent.open() === 0 && hanging.open() === 0);
  });
});
