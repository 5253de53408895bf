import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { Registry } from 'prom-client';
import type { MutatingWebhookConfiguration } from 'kubernetes-types/admissionregistration/v1.d.ts';
import type { Lease } from 'kubernetes-types/coordination/v1.d.ts';
import type { Secret } from 'kubernetes-types/core/v1.d.ts';
import { resolveConfig } from '../../../src/foundation/config/resolve.ts';
import { defineConfig } from '../../../src/foundation/config/setting.ts';
import { KEYS } from '../../../src/foundation/kubernetes/annotations.ts';
import { LEASES, MUTATING_WEBHOOKS, SECRETS } from '../../../src/foundation/kubernetes/resources.ts';
import { systemClock } from '../../../src/foundation/lifecycle/clock.ts';
import { certificatesIn } from '../../../src/injector/certificates/x509/certificate.ts';
import {
  createCertificates,
  type InjectorCertificates,
} from '../../../src/injector/certificates/certificates.ts';
import { CERTIFICATES } from '../../../src/injector/certificates/settings.ts';
import { election } from '../../support/election.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { type KubeServer, startKube } from '../../support/kube-api.ts';
import { recordLog } from '../../support/log.ts';
import { waitFor } from '../../support/wait.ts';

const namespace = 'conveyor-system';
const TLS = { namespace, name: 'conveyor-injector-tls' };
const CA = { namespace, name: 'conveyor-ca' };

/** What a replica has said that has read nothing. */
function leaseOf(name: string, renewedMs: number): Lease {
  const labels = {
    'app.kubernetes.io/managed-by': 'conveyor-injector',
    'app.kubernetes.io/component': 'injector-replica',
  };
  const renewTime = new Date(renewedMs).toISOString();
  return { metadata: { namespace, name, labels }, spec: { leaseDurationSeconds: 600, renewTime } };
}

function configOf(flags: Record<string, string>): Parameters<typeof createCertificates>[0]['config'] {
  const facts = { memoryLimitBytes: undefined, terminal: false, uuid: '' };
  const resolved = resolveConfig(defineConfig(CERTIFICATES), { env: {}, flags, facts });
  assert.ok(resolved.ok);
  return resolved.config;
}

describe('certificates of an injector', () => {
  let kube: KubeServer;
  const log = recordLog();
  const registries = [new Registry(), new Registry()];
  const elections = [election(), election()];
  let replicas: InjectorCertificates[];

  const bundles = (): string[] =>
    (
      kube.find<MutatingWebhookConfiguration>(MUTATING_WEBHOOKS, { name: 'conveyor-injector' })?.webhooks ??
      []
    ).map(({ clientConfig: { caBundle = '' } }) => Buffer.from(caBundle, 'base64').toString());
  const authorities = (): string[] => certificatesIn(bundles()[0] ?? '');
  const signer = (): string => {
    const data = kube.find<Secret>(SECRETS, CA)?.data?.['ca.crt'] ?? '';
    return Buffer.from(data, 'base64').toString();
  };
  /** Whether every replica serves what every entry of the webhook configuration verifies. */
  const verified = (): boolean =>
    bundles().every((bundle) =>
      replicas.every((replica) => {
        const cert = new X509Certificate(replica.keyPair()?.cert ?? '');
        return certificatesIn(bundle).some((ca) => cert.verify(new X509Certificate(ca).publicKey));
      }),
    );
  const rested = (): boolean =>
    authorities().length === 1 &&
    bundles().every((bundle) => bundle === signer()) &&
    replicas.every((replica) => {
      const cert = new X509Certificate(replica.keyPair()?.cert ?? '');
      return cert.checkIssued(new X509Certificate(signer()));
    });

  before(async () => {
    kube = await startKube();
    kube.put<MutatingWebhookConfiguration>(MUTATING_WEBHOOKS, {
      metadata: { name: 'conveyor-injector' },
      webhooks: ['namespace.conveyor.etl', 'pod.conveyor.etl'].map((name) => ({
        ...{ name, admissionReviewVersions: ['v1'], sideEffects: 'None' },
        clientConfig: { service: { name: 'conveyor-injector', namespace } },
      })),
    });
    replicas = elections.map(({ leader }, at) =>
      createCertificates({
        config: configOf({ 'ca-overlap': '50ms' }),
        ...{ api: kube.api, namespace, leader, places: [], clock: systemClock, logger: log },
        replica: { name: `injector-${at}`, uid: `uid-${at}` },
        registry: registries[at]!,
      }),
    );
    for (const replica of replicas) await replica.start(new AbortController().signal);
  });
  after(async () => {
    for (const replica of replicas) await replica.stop(AbortSignal.timeout(2_000));
    assert.deepEqual(kube.all<Lease>(LEASES), [], 'who leaves takes its lease along');
    await kube.stop();
  });
  failOnLeaks();

  it('are missing, and said to be, until somebody leads', async () => {
    for (const replica of replicas) {
      assert.equal(replica.keyPair(), undefined);
      assert.equal(replica.check.check().ok, false);
    }
    elections[0]!.set(true);
    await waitFor(rested, { what: 'the first certificates' });
    for (const replica of replicas) assert.deepEqual(replica.check.check(), { ok: true });
    const name = { namespace, name: 'conveyor-router-tls' };
    const router = await waitFor(() => kube.find<Secret>(SECRETS, name));
    const cert = new X509Certificate(Buffer.from(router.data?.['tls.crt'] ?? '', 'base64'));
    assert.match(cert.subjectAltName ?? '', /DNS:conveyor-router\.conveyor-system\.svc,/);
    assert.equal(Buffer.from(router.data?.['ca.crt'] ?? '', 'base64').toString(), signer());
  });

  it('are in the metrics, those of the authority at the leader', async () => {
    await waitFor(async () => {
      const text = (await registries[0]?.metrics()) ?? '';
      return ['ca', 'injector', 'router'].every((name) =>
        new RegExp(`expiry_seconds{certificate="${name}"} \\d{6,}`).test(text),
      );
    });
    const other = (await registries[1]?.metrics()) ?? '';
    assert.match(other, /certificate="injector"/);
    assert.doesNotMatch(other, /certificate="ca"/);
  });

  it('come back into the webhook configuration when an apply has emptied it', async () => {
    const name = { name: 'conveyor-injector' };
    const body = [{ op: 'remove', path: '/webhooks/1/clientConfig/caBundle' }];
    await kube.api.patch(MUTATING_WEBHOOKS, name, { type: 'json', body });
    await waitFor(rested, { what: 'the bundle in both entries' });
  });

  it('are rotated when asked, and verify at every moment', async () => {
    // a replica that has been silent for longer than its lease is not waited for
    kube.put(LEASES, leaseOf('lapsed', Date.now() - 601_000));
    const before = signer();
    const count = kube.requests.length;
    await kube.api.patch(SECRETS, CA, {
      type: 'merge',
      body: { metadata: { annotations: { [KEYS.rotate]: 'now', other: 'stays' } } },
    });
    // the authority's Secret is looked at every now and then; another leader does so at once
    elections[0]!.set(false);
    elections[1]!.set(true);
    await waitFor(() => {
      assert.ok(verified(), 'a replica serves what a bundle does not verify');
      return signer() !== before && rested();
    });
    kube.remove(LEASES, { namespace, name: 'lapsed' });
    assert.deepEqual(kube.find<Secret>(SECRETS, CA)?.metadata?.annotations, { other: 'stays' });
    const written = kube.requests
      .slice(count)
      .filter(({ method, path }) => method !== 'GET' && !path.includes('leases'));
    const steps = written.map(({ path }) => path.split('/').at(-1));
    assert.deepEqual(steps.slice(0, 7), [
      'conveyor-ca', // the annotation
      'conveyor-ca', // staged
      'conveyor-injector', // trusted
      'conveyor-ca', // signs
      'conveyor-injector-tls',
      'conveyor-router-tls',
      'conveyor-ca', // the old one is dropped
    ]);
  });

  it('survive the loss of the authority: what is served stays trusted until it is replaced', async () => {
    const before = signer();
    kube.remove(SECRETS, CA);
    elections[1]!.set(false);
    elections[0]!.set(true);
    await waitFor(() => {
      assert.ok(verified(), 'a replica serves what a bundle does not verify');
      return signer() !== '' && signer() !== before && rested();
    });
  });

  it('wait with a rotation for a replica that has not read', async () => {
    const before = signer();
    kube.put(LEASES, leaseOf('behind', Date.now()));
    await kube.api.patch(SECRETS, CA, {
      type: 'merge',
      body: { metadata: { annotations: { [KEYS.rotate]: '' } } },
    });
    elections[0]!.set(false);
    elections[0]!.set(true);
    await waitFor(() =>
      log.lines.some(({ message, fields }) => message === 'waiting' && fields['who'] === 'replicas'),
    );
    assert.equal(signer(), before);
    assert.equal(authorities().length, 2);
    kube.remove(LEASES, { namespace, name: 'behind' });
    await waitFor(() => signer() !== before && rested());
  });

  it('are not taken from others: a Secret that is not ours is left alone', async () => {
    const foreign: Secret = {
      metadata: TLS,
      type: 'kubernetes.io/tls',
      data: { 'tls.crt': '', 'tls.key': '' },
    };
    const served = replicas[1]!.keyPair();
    kube.remove(SECRETS, TLS);
    kube.put(SECRETS, foreign);
    elections[0]!.set(false);
    elections[0]!.set(true);
    await waitFor(() => log.lines.some(({ fields }) => String(fields['error']).includes('is not ours')));
    assert.equal(kube.find<Secret>(SECRETS, TLS)?.data?.['tls.crt'], '');
    assert.equal(replicas[1]!.keyPair(), served, 'what was served stays');
  });

  it('leave no key in the log', () => {
    assert.doesNotMatch(JSON.stringify(log.lines), /PRIVATE KEY|LS0tLS1CRUdJTiBQUklWQV/);
  });
});
