import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { Pod, Secret } from 'kubernetes-types/core/v1.d.ts';
import type { MutatingWebhookConfiguration } from 'kubernetes-types/admissionregistration/v1.d.ts';
import { issueServing } from '../../src/injector/certificates/x509/issue.ts';
import { SYSTEM, useConveyor } from './support/conveyor.ts';
import { eventually } from './support/eventually.ts';
import { appPod } from './support/flow.ts';
import { apply, execIn, getObjects, kubectl, rolledOut, until } from './support/kubectl.ts';
import { useNamespace } from './support/namespace.ts';

const DAY_MS = 86_400_000;

const scale = async (replicas: number): Promise<void> => {
  await kubectl(['scale', 'deployment/conveyor-injector', `--replicas=${replicas}`, '--namespace', SYSTEM]);
  if (replicas > 0) await rolledOut('deployment/conveyor-injector', SYSTEM);
  else
    await kubectl(
      [
        'wait',
        '--for=delete',
        'pod',
        '--selector=app.kubernetes.io/name=conveyor-injector',
        '--timeout=60s',
        '--namespace',
        SYSTEM,
      ],
      { timeoutMs: 70_000 },
    );
};

const named = (name: string, labels = {}): Pod => {
  const pod = appPod('transform', { labels });
  return { ...pod, metadata: { ...pod.metadata, name } };
};

/** With the sidecar's token, about each pod that is named. */
const WRITE_EVENTS = `
const { readFileSync } = require('node:fs');
const read = (name) => readFileSync('/var/run/secrets/kubernetes.io/serviceaccount/' + name, 'utf8');
const namespace = read('namespace');
const headers = { authorization: 'Bearer ' + read('token'), 'content-type': 'application/json' };
for (const name of process.argv.slice(1)) {
  const path = '/apis/events.k8s.io/v1/namespaces/' + namespace + '/events';
  const options = { host: 'kubernetes.default', path, method: 'POST', ca: read('ca.crt'), headers };
  require('node:https')
    .request(options, (response) => console.log(name, response.resume().statusCode))
    .end(JSON.stringify({
      metadata: { generateName: 'tried-' },
      eventTime: new Date().toISOString().replace('Z', '000Z'),
      reportingController: 'conveyor.etl/sidecar',
      reportingInstance: 'test',
      regarding: { kind: 'Pod', namespace, name },
      ...{ type: 'Normal', reason: 'Tried', action: 'Try' },
    }));
}`;

describe('the injector', () => {
  useConveyor();
  const namespace = useNamespace({ 'conveyor.etl/inject': 'enabled' });
  const elsewhere = useNamespace();
  const inNamespace = ['--namespace', namespace.name];
  const hasSidecar = async (name: string): Promise<boolean> => {
    const [pod] = await getObjects<Pod>('pod', name, ...inNamespace);
    return pod?.spec?.initContainers?.some((each) => each.name === 'conveyor-sidecar') ?? false;
  };
  /** What `audit` prints, and how it ends. */
  const audit = async (): Promise<{
    code: number;
    report: { findings: { pod: string; state: string; message: string }[] };
  }> => {
    const args = [
      'src/main.ts',
      'audit',
      '--kubeconfig',
      process.env['KUBECONFIG'] ?? '',
      '--namespace',
      namespace.name,
      '--output',
      'json',
    ];
    const { code, stdout } = await promisify(execFile)(process.execPath, args).then(
      (done) => ({ code: 0, stdout: done.stdout }),
      (error: unknown) => error as { code: number; stdout: string },
    );
    return { code, report: JSON.parse(stdout) as never };
  };

  after(() => scale(2));

  it('gives opted-in pods a sidecar, in a restricted namespace, and finds nothing amiss', async (context) => {
    const began = performance.now();
    await apply([named('taken')], namespace.name);
    assert.equal(await hasSidecar('taken'), true);
    await until('condition=Ready', { namespace: namespace.name, of: 'pod/taken' });
    context.diagnostic(`injected and Ready in ${Math.round(performance.now() - began)} ms`);
    assert.deepEqual((await audit()).report.findings, []);
  });

  it('lets a sidecar write Events about its own pod alone', async () => {
    const at = { namespace: namespace.name, pod: 'taken', container: 'conveyor-sidecar' };
    const answers = await execIn(at, '/nodejs/bin/node', '--eval', WRITE_EVENTS, 'taken', 'another');
    assert.deepEqual(answers.trim().split('\n').sort(), ['another 403', 'taken 201']);
  });

  describe('when it is away', () => {
    before(() => scale(0));
    after(() => scale(2));

    it('blocks nobody, and audit tells who was left out', async () => {
      await apply([named('out', { 'conveyor.etl/inject': 'disabled' }), named('left')], namespace.name);
      for (const name of ['out', 'left']) {
        await until('condition=Ready', { namespace: namespace.name, of: `pod/${name}` });
        assert.equal(await hasSidecar(name), false);
      }
      const { code, report } = await audit();
      assert.equal(code, 1);
      assert.deepEqual(
        report.findings.map(({ pod, state }) => [pod, state]),
        [['left', 'missing']],
      );
    });

    it('has opted-in pods refused where that is asked for, with the reason, and no others', async () => {
      const policy = ['--filename=manifests/components/enforce/require-sidecar.yaml'];
      await kubectl(['apply', '--server-side', ...policy]);
      try {
        // a policy takes effect some moments after it was written
        await eventually(async () => {
          await assert.rejects(
            kubectl(['create', '--dry-run=server', ...inNamespace, '--filename=-'], {
              input: JSON.stringify(named('refused')),
            }),
            /this pod opted in .* and was not injected/,
          );
        });
        await apply([named('free', { 'conveyor.etl/inject': 'disabled' })], namespace.name);
        // who never heard of it is not touched
        await apply([named('stranger'), named('odd', { 'conveyor.etl/inject': 'maybe' })], elsewhere.name);
        await assert.rejects(
          apply([named('asks', { 'conveyor.etl/inject': 'enabled' })], elsewhere.name),
          /this pod opted in/,
        );
      } finally {
        await kubectl(['delete', ...policy]);
      }
    });
  });

  it('renews a certificate that has expired at once', async (context) => {
    const text = ({ data = {} }: Secret, name: string): string =>
      Buffer.from(data[name] ?? '', 'base64').toString();
    const [authority] = await getObjects<Secret>('secret/conveyor-ca', '--namespace', SYSTEM);
    assert.ok(authority);
    const expired = issueServing({
      authority: { cert: text(authority, 'ca.crt'), key: text(authority, 'ca.key') },
      names: [`conveyor-injector.${SYSTEM}.svc`],
      ...{ nowMs: Date.now() - 2 * DAY_MS, validityMs: DAY_MS },
    });
    const data = {
      'tls.crt': Buffer.from(expired.cert).toString('base64'),
      'tls.key': Buffer.from(expired.key).toString('base64'),
    };
    await kubectl([
      ...['patch', 'secret/conveyor-injector-tls', '--type=merge', '--namespace', SYSTEM],
      `--patch=${JSON.stringify({ data })}`,
    ]);
    const began = performance.now();
    await eventually(async () => {
      const [served] = await getObjects<Secret>('secret/conveyor-injector-tls', '--namespace', SYSTEM);
      assert.ok(served);
      assert.ok(new X509Certificate(text(served, 'tls.crt')).validToDate.getTime() > Date.now());
      const made = await kubectl(
        ['create', '--dry-run=server', '--output=json', ...inNamespace, '--filename=-'],
        { input: JSON.stringify(named('renewed')) },
      );
      assert.ok(made.includes('"conveyor-sidecar"'), 'a pod was admitted without its sidecar');
    }, 20_000);
    context.diagnostic(`renewed and in use after ${Math.round(performance.now() - began)} ms`);
  });

  it('rotates its authority with no admission that fails', async (context) => {
    await kubectl(['set', 'env', 'deployment/conveyor-injector', 'CA_OVERLAP=5s', '--namespace', SYSTEM]);
    await rolledOut('deployment/conveyor-injector', SYSTEM);
    const bundle = async (): Promise<string> => {
      const [found] = await getObjects<MutatingWebhookConfiguration>(
        'mutatingwebhookconfiguration/conveyor-injector',
      );
      return Buffer.from(found?.webhooks?.[0]?.clientConfig.caBundle ?? '', 'base64').toString();
    };
    const serving = async (): Promise<string> => {
      const [found] = await getObjects<Secret>('secret/conveyor-injector-tls', '--namespace', SYSTEM);
      return found?.data?.['tls.crt'] ?? '';
    };
    const authorities = (pem: string): number => pem.split('BEGIN CERTIFICATE').length - 1;
    const old = {
      bundle: await eventually(async () => (assert.equal(authorities(await bundle()), 1), bundle())),
      serving: await serving(),
    };
    await kubectl(['annotate', 'secret/conveyor-ca', 'conveyor.etl/rotate=now', '--namespace', SYSTEM]);
    let admitted = 0;
    let most = 1;
    await eventually(async () => {
      const made = await kubectl(
        ['create', '--dry-run=server', '--output=json', ...inNamespace, '--filename=-'],
        {
          input: JSON.stringify(named(`tried-${admitted}`)),
        },
      );
      assert.ok(made.includes('"conveyor-sidecar"'), 'a pod was admitted without its sidecar');
      admitted++;
      const now = await bundle();
      most = Math.max(most, authorities(now));
      assert.ok(
        authorities(now) === 1 && now !== old.bundle && (await serving()) !== old.serving,
        'rotation is under way',
      );
    }, 180_000);
    assert.equal(most, 2, 'both authorities were trusted for a while');
    context.diagnostic(`${admitted} admissions during the rotation, each with a sidecar`);
  });
});
