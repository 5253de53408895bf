import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { after, before, describe, it } from 'node:test';
import type { MutatingWebhookConfiguration } from 'kubernetes-types/admissionregistration/v1.d.ts';
import type { ConfigMap, Namespace, Node, Pod } from 'kubernetes-types/core/v1.d.ts';
import type { Event } from 'kubernetes-types/events/v1.d.ts';
import { applyPatch, type Operation } from 'rfc6902';
import {
  CONFIG_MAPS,
  EVENTS,
  MUTATING_WEBHOOKS,
  NAMESPACES,
  NODES,
  PODS,
  ROLE_BINDINGS,
} from '../../../src/foundation/kubernetes/resources.ts';
import { type CliRun, runCli, startCli } from '../../support/cli.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { type KubeServer, startKube } from '../../support/kube-api.ts';
import { closedPort } from '../../support/listeners.ts';
import { waitFor } from '../../support/wait.ts';

const POD: Pod = {
  metadata: { name: 'mask', namespace: 'prod' },
  spec: { containers: [{ name: 'app', image: 'a' }] },
};

describe('an injector beside a cluster', () => {
  let kube: KubeServer;
  let injector: CliRun;
  let ports: { admin: number; webhook: number };

  const page = async (path: string): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${ports.admin}${path}`, {
      headers: { connection: 'close' },
    });
    return `${response.status} ${await response.text()}`;
  };
  const caBundle = (): string => {
    const found = kube.find<MutatingWebhookConfiguration>(MUTATING_WEBHOOKS, { name: 'conveyor-injector' });
    return Buffer.from(found?.webhooks?.[0]?.clientConfig.caBundle ?? '', 'base64').toString();
  };
  /** Asks as the API server does: it trusts the bundle of the configuration. */
  const admit = async (pod: Pod): Promise<Pod> => {
    const call = request({
      ...{ port: ports.webhook, path: '/inject?timeout=5s', method: 'POST' },
      ...{ agent: false, ca: caBundle(), servername: 'conveyor-injector.conveyor-system.svc' },
    });
    const kind = { group: '', version: 'v1', kind: 'Pod' };
    call.end(
      JSON.stringify({ request: { uid: '1', kind, operation: 'CREATE', namespace: 'prod', object: pod } }),
    );
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response as AsyncIterable<Buffer>) text += chunk.toString();
    const { patch } = (JSON.parse(text) as { response: { patch: string } }).response;
    const admitted = structuredClone(pod);
    applyPatch(admitted, JSON.parse(Buffer.from(patch, 'base64').toString()) as Operation[]);
    return admitted;
  };

  before(async () => {
    kube = await startKube();
    kube.put<Node>(NODES, {
      metadata: { name: 'n' },
      status: { nodeInfo: { kubeletVersion: 'v1.30.0' } as never },
    });
    kube.put<Namespace>(NAMESPACES, { metadata: { name: 'conveyor-system' } });
    kube.put<Namespace>(NAMESPACES, {
      metadata: {
        name: 'prod',
        labels: { 'conveyor.etl/inject': 'enabled', 'kubernetes.io/metadata.name': 'prod' },
      },
    });
    kube.put<MutatingWebhookConfiguration>(MUTATING_WEBHOOKS, {
      metadata: { name: 'conveyor-injector' },
      webhooks: ['namespace.conveyor.etl', 'pod.conveyor.etl'].map((name) => ({
        ...{ name, admissionReviewVersions: ['v1'], sideEffects: 'NoneOnDryRun' },
        clientConfig: { service: { namespace: 'conveyor-system', name: 'conveyor-injector' } },
      })),
    });
    ports = { admin: await closedPort(), webhook: await closedPort() };
    injector = startCli(['injector', '--kubeconfig', kube.kubeconfig()], {
      env: {
        ...{ ADMIN_PORT: String(ports.admin), WEBHOOK_PORT: String(ports.webhook), POD_NAME: 'injector-0' },
        ...{ CA_OVERLAP: '0ms', LEAVE_DELAY: '500ms' },
      },
    });
    await waitFor(async () => (await page('/readyz')).startsWith('200') && caBundle() !== '', {
      timeoutMs: 60_000,
      what: () => `readiness: ${injector.output().stderr}`,
    });
  });
  after(async () => {
    injector.child.kill('SIGKILL');
    await injector.ended;
    await kube.stop();
  });
  failOnLeaks();

  it('injects by the certificate that the webhook configuration trusts, natively where every node can', async () => {
    const admitted = await admit(POD);
    assert.equal(admitted.spec?.initContainers?.at(-1)?.name, 'conveyor-sidecar');
    assert.equal(admitted.metadata?.annotations?.['kubectl.kubernetes.io/default-container'], 'app');
  });

  it('tells of it in an Event and in metrics', async () => {
    const event = await waitFor(() =>
      kube.all<Event>(EVENTS).find(({ reason }) => reason === 'SidecarInjected'),
    );
    assert.deepEqual([event.regarding?.name, event.reportingController], ['mask', 'conveyor.etl/injector']);
    const metrics = await page('/metrics');
    assert.match(metrics, /conveyor_injector_admissions_total\{decision="injected",reason="injected"\} 1/);
    assert.match(metrics, /conveyor_injector_native_sidecars 1/);
    const [, ends] =
      /conveyor_injector_certificate_expiry_seconds\{certificate="injector"\} (\S+)/.exec(metrics) ?? [];
    assert.ok(Number(ends) > Date.now() / 1_000, 'a moment, as alerts take it');
  });

  it('gives sidecars of labelled namespaces their rights and the authority of the router', async () => {
    const name = { namespace: 'prod', name: 'conveyor-sidecar' };
    await waitFor(() => kube.find(ROLE_BINDINGS, name));
    const bundle = await waitFor(() => kube.find<ConfigMap>(CONFIG_MAPS, { ...name, name: 'conveyor-ca' }));
    assert.match(bundle.data?.['ca.crt'] ?? '', /BEGIN CERTIFICATE/);
  });

  it('is audited: exit code 1 for a pod that started without, 0 when all is well', async () => {
    const audit = (): ReturnType<typeof runCli> => runCli(['audit', '--kubeconfig', kube.kubeconfig()]);
    kube.put<Pod>(PODS, { ...POD, status: { phase: 'Running' } });
    const bad = await audit();
    assert.equal(bad.code, 1, bad.stderr);
    assert.match(bad.stdout, /^prod +mask +missing +not_injected /m);
    kube.put<Pod>(PODS, { ...(await admit(POD)), status: { phase: 'Running' } });
    const good = await audit();
    assert.deepEqual([good.code, good.stdout], [0, '1 pods, 1 with a sidecar, 0 found\n']);
  });

  it('is unready when it leaves, and still answers until nobody comes any more', async () => {
    injector.child.kill('SIGTERM');
    await waitFor(async () => (await page('/readyz')).startsWith('503'));
    assert.equal((await admit(POD)).spec?.initContainers?.length, 1);
    const { code, stderr } = await injector.ended;
    assert.equal(code, 0, stderr);
  });
});
