import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runCli } from '../../support/cli.ts';
import { failOnLeaks } from '../../support/leaks.ts';

failOnLeaks();

const DEPLOYMENT = `# ours
apiVersion: apps/v1
kind: Deployment
metadata: { name: mask }
spec:
  template:
    spec:
      containers:
        - name: app # the transform
          image: a
`;

describe('inject', { concurrency: true }, () => {
  let folder: string;
  let file: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inject-test-'));
    file = join(folder, 'deploy.yaml');
    await writeFile(file, DEPLOYMENT);
  });
  after(() => rm(folder, { recursive: true }));

  it('writes the manifests with sidecars to stdout, and what it did to stderr', async () => {
    const { code, stdout, stderr } = await runCli(['inject', '-f', file, '--sidecar-image', 'mine:1']);
    assert.deepEqual([code, stderr], [0, 'Deployment/mask: injected\n']);
    assert.match(stdout, /^# ours$/m);
    assert.match(stdout, /- name: app # the transform$/m);
    assert.match(stdout, /^ {6}initContainers:\n {8}- name: conveyor-sidecar\n {10}image: mine:1$/m);
    assert.match(stdout, /\/prestop\/app\/[0-9a-f]{32}$/m);
  });

  it('reads the standard input, and keeps the value of the hooks that is there', async () => {
    const once = await runCli(['inject', '-f', '-', '--sidecar-mode', 'container'], { stdin: DEPLOYMENT });
    assert.doesNotMatch(once.stdout, /initContainers/);
    const twice = await runCli(['inject', '-f', '-', '--sidecar-mode', 'container'], { stdin: once.stdout });
    assert.equal(twice.stdout, once.stdout);
  });

  it('leaves the namespaces of Kubernetes alone, as the webhook does', async () => {
    const stdin = DEPLOYMENT.replace('name: mask', 'name: mask, namespace: kube-system');
    const { stdout, stderr } = await runCli(['inject', '-f', '-'], { stdin });
    assert.equal(stdout, stdin);
    assert.match(stderr, /not injected, system namespaces are left alone/);
  });

  it('takes several files, and warns without failing', async () => {
    const short = DEPLOYMENT.replace('    spec:\n', '    spec:\n      terminationGracePeriodSeconds: 3\n');
    const { code, stdout, stderr } = await runCli(['inject', '-f', file, '-f', '-'], { stdin: short });
    assert.equal(code, 0);
    assert.equal(stdout.match(/^kind: Deployment$/gm)?.length, 2);
    assert.match(stderr, /^Deployment\/mask: warning: a grace of 3s may be too short to drain/m);
  });

  it('fails with the file and the reason for what cannot be read', async () => {
    const missing = await runCli(['inject', '-f', join(folder, 'nothing.yaml')]);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /^conveyor-sidecar inject: cannot read .*nothing\.yaml: ENOENT/);
    const broken = await runCli(['inject', '-f', '-'], { stdin: 'a: [1' });
    assert.deepEqual([broken.code, broken.stdout], [1, '']);
    assert.match(broken.stderr, /^conveyor-sidecar inject: -: .* at line 1, column/);
    assert.equal((await runCli(['inject'])).code, 64);
  });
});
