import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import packageJson from '../../../package.json' with { type: 'json' };
import { runCli, startCli } from '../../support/cli.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { waitFor } from '../../support/wait.ts';

const root = join(import.meta.dirname, '../../..');

failOnLeaks();

describe('the bundle that the image holds', () => {
  let folder = '';
  let main = '';

  before(() => {
    const built = join(root, 'dist/conveyor-sidecar.cjs');
    if (!existsSync(built))
      execFileSync(process.execPath, [join(root, 'scripts/build.ts')], { stdio: 'ignore' });
    // alone, as in the image: nothing of the repository is near it
    folder = mkdtempSync(join(tmpdir(), 'bundle-test-'));
    main = join(folder, 'conveyor-sidecar.cjs');
    cpSync(built, main);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('knows its version and helps', async () => {
    const { stdout } = await runCli(['version', '--output', 'json'], { main });
    assert.deepEqual(JSON.parse(stdout), { version: packageJson.version, node: process.version });
    assert.match((await runCli(['run', '--help'], { main })).stdout, /--grpc-port/);
  });

  it('says where the demo is', async () => {
    const { code, stderr } = await runCli(['demo'], { main });
    assert.equal(code, 1);
    assert.match(stderr, /clone the repository and run "make demo"/);
  });

  it('runs a sidecar and a router that find each other, shows both, and ends both with 0', async () => {
    const router = startCli(['router', '--pipelines', folder, '--router-port', '0', '--admin-port', '0'], {
      main,
    });
    const logged = (text: string, pattern: RegExp): string => pattern.exec(text)?.[1] ?? '';
    const routerPort = await waitFor(() => logged(router.output().stderr, /"router listens","port":(\d+)/), {
      timeoutMs: 15_000,
      what: () => `the router: ${router.output().stderr}`,
    });
    const env = { GRPC_PORT: '0', ADMIN_PORT: '0', CLUSTER_ENDPOINT: `127.0.0.1:${routerPort}` };
    const sidecar = startCli([], { main, env });
    const adminPort = await waitFor(() => logged(sidecar.output().stderr, /"adminPort":(\d+)/), {
      timeoutMs: 15_000,
      what: () => `the sidecar: ${sidecar.output().stderr}`,
    });
    await waitFor(() => sidecar.output().stderr.includes('registered with the router'), {
      timeoutMs: 15_000,
    });
    const { stdout } = await runCli(['status', '--admin', `127.0.0.1:${adminPort}`], { main });
    assert.match(stdout, /state +registered/);
    const drained = await runCli(['drain', '--exit'], { main, env: { ADMIN_PORT: adminPort } });
    assert.deepEqual([drained.code, drained.stdout], [0, 'drained; the sidecar leaves\n']);
    assert.equal((await sidecar.ended).code, 0);
    router.child.kill('SIGTERM');
    assert.equal((await router.ended).code, 0, router.output().stderr);
  });
});
