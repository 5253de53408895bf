import type { Registry } from 'prom-client';
import type { ConfigOf } from '../../foundation/config/setting.ts';
import type { KubeApi } from '../../foundation/kubernetes/api.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import { type Component, group } from '../../foundation/lifecycle/component.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import type { ReadinessCheck } from '../../foundation/telemetry/readiness.ts';
import { fingerprint } from './x509/certificate.ts';
import type { KeyPair } from './x509/issue.ts';
import { type CertificateName, certificateMetrics } from './metrics.ts';
import type { Leadership } from '../ours.ts';
import type { TrustPlace } from './trust/places.ts';
import { createReplicas, type Replica } from './trust/replicas.ts';
import { createRotation } from './rotation/rotation.ts';
import { secretOf, SERVICES } from './services.ts';
import { createServedFiles } from './served/served-files.ts';
import { checkServed, createServedSecret } from './served/served-secret.ts';
import type { CERTIFICATES } from './settings.ts';
import { createWebhookTrust } from './trust/webhook-trust.ts';

/** What the injector serves with, kept in order. */
export interface InjectorCertificates extends Component {
  /** The certificate to serve; undefined: none yet. */
  keyPair(): KeyPair | undefined;
  onChange(listener: () => void): () => void;
  /** Ready with a certificate that holds. */
  readonly check: ReadinessCheck;
  /** For people. */
  status(): object;
}

/** What the certificates are made with. */
export interface CertificatesOptions {
  readonly config: ConfigOf<typeof CERTIFICATES>;
  readonly api: KubeApi;
  /** The injector's own. */
  readonly namespace: string;
  readonly replica: Replica;
  readonly leader: Leadership;
  /** Where the bundle goes beside the webhook configuration; they are started and stopped by who made them. */
  readonly places: readonly TrustPlace[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** Name of the webhook configuration. */
const CONFIGURATION = 'conveyor-injector';

/** The certificates of an injector: its own authority's, or those of mounted files. */
export function createCertificates(options: CertificatesOptions): InjectorCertificates {
  const webhook = createWebhookTrust({ ...options, name: CONFIGURATION });
  const places = [webhook, ...options.places];
  return options.config.certificates === 'files'
    ? ofFiles(options, webhook, places)
    : ofOwn(options, webhook, places);
}

type Webhook = ReturnType<typeof createWebhookTrust>;

function ofFiles(
  options: CertificatesOptions,
  webhook: Webhook,
  places: readonly TrustPlace[],
): InjectorCertificates {
  const { clock, registry, config } = options;
  const { tlsCertFile: certFile, tlsKeyFile: keyFile, tlsCaFile: caFile } = config;
  const trust = (bundle: string): void => places.forEach((place) => place.publish(bundle));
  const served = createServedFiles({ ...options, certFile, keyFile, caFile, trust });
  const read = (): { injector?: string } => known(served.keyPair());
  certificateMetrics(registry, read);
  return {
    ...group('certificates', [webhook, served]),
    keyPair: () => served.keyPair(),
    onChange: (listener) => served.onChange(listener),
    check: { name: 'certificate', check: () => checkServed(served, clock.wallTime()) },
    status: () => ({ from: 'files' }),
  };
}

function ofOwn(
  options: CertificatesOptions,
  webhook: Webhook,
  places: readonly TrustPlace[],
): InjectorCertificates {
  const { clock, registry, config } = options;
  const served = createServedSecret({ ...options, name: secretOf(SERVICES.injector) });
  const say = (): { trusted: string; served: string } => ({
    trusted: fingerprint(same(webhook.shown() ?? [])),
    served: fingerprint(served.keyPair()?.cert ?? ''),
  });
  const replicas = createReplicas({ ...options, say });
  const read = (): Partial<Record<CertificateName, string>> => ({
    ...rotation.certificates(),
    ...known(served.keyPair()),
  });
  const metrics = certificateMetrics(registry, read);
  const rotation = createRotation({ ...options, ...config, places, metrics, replicas: () => replicas.all() });
  served.onChange(() => replicas.report());
  webhook.onChange(() => replicas.report());
  replicas.onChange(() => rotation.look());
  return {
    ...group('certificates', [webhook, served, replicas, rotation]),
    keyPair: () => served.keyPair(),
    onChange: (listener) => served.onChange(listener),
    check: { name: 'certificate', check: () => checkServed(served, clock.wallTime(), rotation.waitsFor()) },
    status: () => ({ from: 'own authority', ...rotation.status() }),
  };
}

const known = (pair: KeyPair | undefined): { injector?: string } =>
  pair === undefined ? {} : { injector: pair.cert };

/** What all say; '' where they differ. */
function same(texts: readonly string[]): string {
  return new Set(texts).size === 1 ? (texts[0] ?? '') : '';
}
