import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveConfig, type Resolved, type Sources } from '../../../src/foundation/config/resolve.ts';
import { settingsMarkdown } from '../../../src/foundation/config/document.ts';
import { ROUTER } from '../../../src/router/settings.ts';
import { SIDECAR, type SidecarConfig } from '../../../src/sidecar/settings.ts';

const facts = { memoryLimitBytes: undefined, terminal: false, uuid: 'a-new-uuid' };
const MIB = 1_024 * 1_024;

function resolve(env: Sources['env'], flags: Sources['flags'] = {}, over = {}): Resolved<SidecarConfig> {
  return resolveConfig(SIDECAR, { env, flags, facts: { ...facts, ...over } });
}
function configOf(...args: Parameters<typeof resolve>): SidecarConfig {
  const resolved = resolve(...args);
  assert.ok(resolved.ok, JSON.stringify(resolved));
  return resolved.config;
}
function messagesOf(...args: Parameters<typeof resolve>): string[] {
  const resolved = resolve(...args);
  return resolved.ok ? [] : resolved.problems.map(({ message }) => message);
}

describe('the configuration of a sidecar', () => {
  it('has the defaults that existing deployments rely on', () => {
    const config = configOf({});
    assert.deepEqual(
      [config.sidecarId, config.podName, config.namespace, config.clusterEndpoints, config.grpcPort],
      ['a-new-uuid', 'unknown', 'default', ['localhost:50051'], 9091],
    );
    assert.deepEqual([config.discoveryStartPort, config.discoveryEndPort], [50051, 50060]);
    assert.equal(config.heartbeatIntervalMs, 5_000);
    assert.equal(config.logFormat, 'json');
  });

  it('is deeply frozen', () => {
    const config = configOf({ SERVICE_NAMES: '50052=mask-pii' });
    assert.throws(() => Object.assign(config, { grpcPort: 1 }), TypeError);
    assert.throws(() => Object.assign(config.serviceNames, { 1: 'x' }), TypeError);
  });

  it('takes a flag before the variable, and an empty variable as unset', () => {
    const config = configOf({ GRPC_PORT: '1', POD_NAME: '' }, { 'grpc-port': '9000' });
    assert.equal(config.grpcPort, 9000);
    assert.equal(config.podName, 'unknown');
  });

  const understood: [env: Record<string, string>, key: keyof SidecarConfig, value: unknown][] = [
    [{ CLUSTER_ENDPOINT: 'a:1, [::1]:2,http://b.svc:3/' }, 'clusterEndpoints', ['a:1', '[::1]:2', 'b.svc:3']],
    [{ HEARTBEAT_INTERVAL_SECS: '0.25' }, 'heartbeatIntervalMs', 250],
    [{ BATCH_TIMEOUT: '2m' }, 'batchTimeoutMs', 120_000],
    [{ BATCH_TIMEOUT: '1.5s' }, 'batchTimeoutMs', 1_500],
    [{ BYTE_BUDGET: '64MB' }, 'byteBudgetBytes', 64_000_000],
    [{ BYTE_BUDGET: '128Mi' }, 'byteBudgetBytes', 128 * MIB],
    [{ BYTE_BUDGET: '128mib' }, 'byteBudgetBytes', 128 * MIB],
    [{ BYTE_BUDGET: '10000000' }, 'byteBudgetBytes', 10_000_000],
    [{ SIDECAR_LABELS: 'app=web,acme.io/tier=' }, 'labels', { app: 'web', 'acme.io/tier': '' }],
    [{ SERVICE_NAMES: '50052=a, 50053=b' }, 'serviceNames', { 50052: 'a', 50053: 'b' }],
    [{ DISCOVERY_PORTS: '8080,8081' }, 'discoveryPorts', [8080, 8081]],
    [{ READY_WITHOUT_ROUTER: '60s' }, 'readyWithoutRouterMs', 60_000],
    [{ READY_WITHOUT_ROUTER: 'off' }, 'readyWithoutRouterMs', 'off'],
    [{ POD_IP: 'fd00::7' }, 'podIp', 'fd00::7'],
  ];
  for (const [env, key, value] of understood) {
    it(`understands ${JSON.stringify(env)}`, () => assert.deepEqual(configOf(env)[key], value));
  }

  const refused: [env: Record<string, string>, message: RegExp][] = [
    [{ GRPC_PORT: 'abc' }, /^GRPC_PORT="abc" must be a port from 1 to 65535, or 0 for any free one$/],
    [{ GRPC_PORT: '70000' }, /^GRPC_PORT="70000" must be a port/],
    [{ ADMIN_PORT: '-1' }, /^ADMIN_PORT="-1" must be a port/],
    [{ CLUSTER_ENDPOINT: 'localhost' }, /^CLUSTER_ENDPOINT="localhost" must be host:port/],
    [{ CLUSTER_ENDPOINT: '::1:50051' }, /^CLUSTER_ENDPOINT="::1:50051" must be host:port/],
    [{ BATCH_TIMEOUT: '30' }, /^BATCH_TIMEOUT="30" must be a duration such as 500ms, 30s or 2m/],
    [{ BATCH_TIMEOUT: '0s' }, /from 50ms to 1h/],
    [{ BYTE_BUDGET: '64 MB' }, /^BYTE_BUDGET="64 MB" must be a size such as/],
    [{ NAMESPACE: 'Team_A' }, /^NAMESPACE="Team_A" must be a namespace/],
    [
      { SIDECAR_LABELS: Array.from({ length: 65 }, (_, index) => `l${index}=`).join(',') },
      /must be key=value .*, at most 64$/,
    ],
    [{ POD_IP: '[::1]' }, /^POD_IP="\[::1\]" must be an IPv4 or IPv6 address/],
    [{ SERVICE_NAMES: '50052' }, /^SERVICE_NAMES="50052" must be port=name/],
    [{ SERVICE_NAMES: '50052=a,50052=b' }, /^SERVICE_NAMES="50052=a,50052=b" must be port=name/],
    [{ PUSH_FROM: 'all' }, /^PUSH_FROM="all" must be one of loopback, any$/],
    [{ LOG_LEVEL: 'trace' }, /^LOG_LEVEL="trace" must be one of error, warn, info, debug$/],
    [
      { DISCOVERY_START_PORT: '60000' },
      /^DISCOVERY_START_PORT="60000" and DISCOVERY_END_PORT="50060" \(the default\): the first port/,
    ],
    [{ DISCOVERY_START_PORT: '1', DISCOVERY_END_PORT: '65535' }, /must not hold more than 1000 ports/],
    [{ GRPC_PORT: '9191' }, /^GRPC_PORT="9191" and ADMIN_PORT="9191" \(the default\): the two servers/],
    [{ MAX_MESSAGE_BYTES: '32MiB' }, /^MAX_MESSAGE_BYTES="32MiB" and BYTE_BUDGET="64MiB" .*a quarter/],
    [
      { MAX_MESSAGE_BYTES: '2MiB', STAGE_MAX_MESSAGE_BYTES: '3MiB' },
      /^STAGE_MAX_MESSAGE_BYTES="3MiB" and MAX/,
    ],
  ];
  for (const [env, message] of refused) {
    it(`refuses ${JSON.stringify(env)} by name, value and what is allowed`, () => {
      const messages = messagesOf(env);
      assert.equal(messages.length, 1, messages.join('\n'));
      assert.match(messages[0]!, message);
    });
  }

  it('lists everything that is wrong at once, flags by their own names', () => {
    const messages = messagesOf(
      { GRPC_PORT: 'x', DISCOVERY_START_PORT: '9', DISCOVERY_END_PORT: '8' },
      { 'batch-timeout': '5', 'service-name': ['1=a', '0=b'], 'admin-port': ['1', '2'] },
    );
    assert.deepEqual(messages.map((message) => message.split(/[= ]/)[0]).sort(), [
      '--admin-port',
      '--batch-timeout',
      '--service-name',
      'DISCOVERY_START_PORT',
      'GRPC_PORT',
    ]);
    assert.ok(messages.includes('--admin-port was given 2 times and takes one value'));
  });

  it('sizes the budget and the messages by the memory limit, so that defaults never clash', () => {
    const small = configOf({}, {}, { memoryLimitBytes: 64 * MIB });
    assert.deepEqual(
      [small.byteBudgetBytes, small.maxMessageBytes, small.stageMaxMessageBytes],
      [16 * MIB, 4 * MIB, 4 * MIB],
    );
    const large = configOf({}, {}, { memoryLimitBytes: 8_192 * MIB });
    assert.deepEqual([large.byteBudgetBytes, large.maxMessageBytes], [64 * MIB, 16 * MIB]);
    assert.equal(configOf({ BYTE_BUDGET: '4MiB' }).maxMessageBytes, MIB);
    assert.ok(configOf({}, {}, { memoryLimitBytes: 1 }).byteBudgetBytes > 0);
  });

  it('scans the range in every pod when the range was set, by whichever way', () => {
    assert.equal(configOf({}).discoveryScan, 'fallback');
    assert.equal(configOf({ DISCOVERY_END_PORT: '50060' }).discoveryScan, 'always');
    assert.equal(configOf({}, { 'discovery-start-port': '50051' }).discoveryScan, 'always');
    assert.equal(
      configOf({ DISCOVERY_START_PORT: '50051', DISCOVERY_SCAN: 'fallback' }).discoveryScan,
      'fallback',
    );
  });

  it('ignores, and says so, a port variable that Kubernetes sets for a Service of that name', () => {
    const resolved = resolve({ ADMIN_PORT: 'tcp://10.0.0.1:80' });
    assert.ok(resolved.ok);
    assert.equal(resolved.config.adminPort, 9191);
    assert.match(resolved.notes.join(), /ADMIN_PORT="tcp:\/\/10.0.0.1:80" is ignored/);
  });

  it('cuts a value that is too long to print', () => {
    assert.ok(messagesOf({ GRPC_PORT: 'x'.repeat(1e6) })[0]!.length < 400);
  });
});

describe('the tables of settings', () => {
  for (const [program, { settings }] of Object.entries({ sidecar: SIDECAR, router: ROUTER })) {
    it(`of the ${program} have flags, variables and descriptions that are each their own`, () => {
      const all = Object.values(settings) as { env: string; flag: string; describe: string }[];
      for (const key of ['env', 'flag', 'describe'] as const)
        assert.equal(new Set(all.map((each) => each[key])).size, all.length, key);
    });

    it(`of the ${program} become a table that names each`, () => {
      const markdown = settingsMarkdown(settings);
      for (const { env } of Object.values(settings) as { env: string }[])
        assert.ok(markdown.includes(`\`${env}\``));
    });
  }
});
