import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import packageJson from '../../../package.json' with { type: 'json' };
import { type CliRun, runCli, startCli } from '../../support/cli.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { waitFor } from '../../support/wait.ts';

failOnLeaks();

describe('the command line', { concurrency: true }, () => {
  it('prints its version, for people and for programs', async () => {
    const { code, stdout } = await runCli(['version']);
    assert.deepEqual(
      [code, stdout],
      [0, `conveyor-sidecar ${packageJson.version} (Node ${process.version})\n`],
    );
    const json = await runCli(['version', '--output', 'json']);
    assert.deepEqual(JSON.parse(json.stdout), { version: packageJson.version, node: process.version });
    assert.equal((await runCli(['--version'])).stdout, `${packageJson.version}\n`);
  });

  it('lists its commands, and the flags of each with variable and default', async () => {
    const { code, stdout } = await runCli(['--help']);
    assert.equal(code, 0);
    for (const name of [
      'run',
      'router',
      'demo',
      'discover',
      'validate',
      'status',
      'drain',
      'version',
      'completion',
    ])
      assert.match(stdout, new RegExp(`conveyor-sidecar ${name}`));
    const help = await runCli(['run', '--help']);
    assert.match(help.stdout, /--grpc-port .*\[\$GRPC_PORT\]\s+\[default: 9091\]/);
    assert.match(help.stdout, /^Data plane:$/m);
    assert.match(help.stdout, /^Examples:$/m);
    assert.ok(!help.stdout.includes('[string]'));
  });

  it('lists everything that is wrong with variables and flags, on stderr, with exit code 64', async () => {
    const { code, stdout, stderr } = await runCli(['--batch-timeout', '5'], {
      env: { GRPC_PORT: 'abc', DISCOVERY_START_PORT: '9', DISCOVERY_END_PORT: '8' },
    });
    assert.deepEqual([code, stdout], [64, '']);
    assert.match(stderr, /^conveyor-sidecar run: 3 settings are wrong$/m);
    assert.match(stderr, /^ {2}GRPC_PORT="abc" must be a port/m);
    assert.match(stderr, /^ {2}--batch-timeout="5" must be a duration such as 500ms/m);
    assert.match(stderr, /^ {2}DISCOVERY_START_PORT="9" and DISCOVERY_END_PORT="8": the first port/m);
  });

  for (const [args, stderr] of [
    [['statsu'], /Unknown command: statsu\. Did you mean status\?/],
    [['run', '--nope'], /Unknown argument: nope/],
    [['run', 'extra'], /Unknown argument: extra/],
    [['drain', '--timeout'], /Not enough arguments following: timeout/],
    [['validate'], /name the files or directories to check/],
  ] as const) {
    it(`refuses "${args.join(' ')}" with exit code 64`, async () => {
      const result = await runCli(args);
      assert.equal(result.code, 64);
      assert.match(result.stderr, stderr);
      assert.ok(!result.stderr.includes('    at '));
    });
  }

  it('completes commands, flags and values, and prints the script for it', async () => {
    assert.match((await runCli(['completion'])).stdout, /complete .*conveyor-sidecar/);
    const complete = async (...words: string[]): Promise<string[]> =>
      (await runCli(['--get-yargs-completions', 'conveyor-sidecar', ...words])).stdout.trim().split('\n');
    assert.ok((await complete('sta')).includes('status'));
    assert.ok((await complete('run', '--log-')).includes('--log-level'));
    assert.deepEqual(await complete('run', '--log-format', ''), ['pretty', 'json']);
  });

  it('validates manifests: 0 when all would be taken, 1 with file, line and reason when not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cli-test-'));
    try {
      const file = join(folder, 'a.yaml');
      await writeFile(
        file,
        'apiVersion: conveyor.etl/v1\nkind: Pipeline\nmetadata: { name: p }\nspec: { source: s, steps: [t], sink: k }\n',
      );
      const good = await runCli(['validate', folder]);
      assert.equal(good.code, 0, good.stderr);
      assert.match(good.stdout, /default\/p/);
      await writeFile(file, 'apiVersion: conveyor.etl/v1\nkind: Pipeline\nmetadata: {}\n');
      const bad = await runCli(['validate', file]);
      assert.equal(bad.code, 1);
      assert.match(bad.stderr, /a\.yaml:\d+: /);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('says what, why and the mend when nothing answers; with debug also where', async () => {
    const { code, stderr } = await runCli(['status', '--admin', '127.0.0.1:9']);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^conveyor-sidecar status: nothing answers at 127\.0\.0\.1:9 \(.*--admin host:port\n$/,
    );
    const debug = await runCli(['status', '--admin', '127.0.0.1:9'], { env: { LOG_LEVEL: 'debug' } });
    assert.match(debug.stderr, /\n\s+at /);
  });
});

describe('status and drain', () => {
  let admin: Server;
  let asked: string[] = [];
  let address = '';

  before(async () => {
    admin = createServer((request, response) => {
      asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
      if (request.url?.includes('exit=true') === true) response.writeHead(500).end('drains already\n');
      else
        response.end(
          JSON.stringify({
            program: 'sidecar',
            budget: { usedBytes: 1_048_576 },
            services: [{ name: 'mask', port: 50052 }],
          }),
        );
    }).listen(0, '127.0.0.1');
    await waitFor(() => admin.listening);
    address = `127.0.0.1:${(admin.address() as AddressInfo).port}`;
  });
  after(() => {
    admin.close();
    admin.closeAllConnections();
  });

  it('show a status as sections and tables, or as JSON', async () => {
    const { code, stdout } = await runCli(['status', '--admin', address]);
    assert.equal(code, 0);
    assert.match(stdout, /^program {2}sidecar$/m);
    assert.match(stdout, /^BUDGET\n {2}used +1MiB$/m);
    assert.match(stdout, /^SERVICES\n {2}NAME {2}PORT\n {2}mask {2}50052$/m);
    const json = await runCli(['status', '--output', 'json'], {
      env: { ADMIN_PORT: address.split(':')[1]! },
    });
    assert.equal((JSON.parse(json.stdout) as { program: string }).program, 'sidecar');
  });

  it('show it again and again with --watch, until interrupted', async () => {
    const run = startCli([
      'status',
      '--admin',
      address,
      '--watch',
      '--interval',
      '100ms',
      '--output',
      'json',
    ]);
    await waitFor(() => run.output().stdout.split('\n').length > 2);
    run.child.kill('SIGINT');
    assert.equal((await run.ended).code, 0);
  });

  it('ask for a drain, and pass on why it was refused', async () => {
    asked = [];
    assert.deepEqual(await runCli(['drain', '--admin', address]), {
      code: 0,
      stdout: 'drained\n',
      stderr: '',
    });
    const refused = await runCli(['drain', '--exit', '--admin', address]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /refused \/drainz\?exit=true: drains already \(HTTP 500\)/);
    assert.deepEqual(asked, ['POST /drainz?exit=false', 'POST /drainz?exit=true']);
  });
});

describe('a program', () => {
  const ports = ['--grpc-port', '0', '--admin-port', '0', '--cluster-endpoint', '127.0.0.1:9'];
  const started = async (args: readonly string[], env = {}): Promise<CliRun> => {
    const run = startCli(args, { env });
    await waitFor(() => run.output().stderr.includes('"started"'), {
      timeoutMs: 60_000,
      what: () => `the start of ${args.join(' ')}: ${run.output().stderr}`,
    });
    return run;
  };

  it('ends with 0 at SIGTERM', async () => {
    const run = await started(['run', ...ports], { ADMIN_PORT: 'tcp://10.0.0.1:80' });
    run.child.kill('SIGTERM');
    const { code, stderr } = await run.ended;
    assert.equal(code, 0, stderr);
  });

  it('ends at once at a second signal, with the code of that', async () => {
    const run = await started(ports);
    run.child.kill('SIGTERM');
    await waitFor(() => run.output().stderr.includes('"draining"'));
    run.child.kill('SIGINT');
    const { code } = await run.ended;
    // a drain of nothing may be over before the second signal has come
    assert.ok(code === 130 || code === 0, String(code));
  });
});
