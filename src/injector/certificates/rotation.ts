import { ConveyorError } from '../../foundation/errors.ts';
import type { KubeApi } from '../../foundation/kubernetes/api.ts';
import { createController } from '../../foundation/kubernetes/controller.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import type { Component } from '../../foundation/lifecycle/component.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import { type Authority, bundleOf, created, promoted, retired } from './authority.ts';
import { certificatesIn, fingerprint, parsed } from './certificate.ts';
import { issueAuthority, issueServing, type KeyPair } from './issue.ts';
import { type CertificateMetrics, type CertificateName } from './metrics.ts';
import type { Leadership } from '../ours.ts';
import type { TrustPlace } from './places.ts';
import { plan, type Served, type Step } from './plan.ts';
import type { Acknowledgement } from './replicas.ts';
import { createSettling } from './settling.ts';
import { createVault, type KeptAuthority } from './vault.ts';

/** What is kept in order, and with what. */
export interface RotationOptions {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly leader: Leadership;
  readonly places: readonly TrustPlace[];
  readonly replicas: () => readonly Acknowledgement[] | undefined;
  readonly caValidityMs: number;
  readonly certificateValidityMs: number;
  readonly caOverlapMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: CertificateMetrics;
}

/** The leader's work: the authority, and what it signs. */
export interface Rotation extends Component {
  /** Something may have changed. */
  look(): void;
  /** The certificates that the leader has seen in its last look; nothing where another one leads. */
  certificates(): Partial<Record<CertificateName, string>>;
  /** Whom, or what, the leader waits for; '' for nobody. */
  waitsFor(): string;
  /** For people. */
  status(): object;
}

/** The Service whose certificate is kept in `<service>-tls`, by the label of its metric. */
const SERVICES = { injector: 'conveyor-injector', router: 'conveyor-router' } as const;
type Service = keyof typeof SERVICES;
// the authority's Secret is not watched: so soon a request to rotate, or a loss, is seen
const LOOK_MS = 30_000;
const KEY = 'certificates';

/** Names by which a Service is called from inside the cluster. */
export function namesOf(service: string, namespace: string): string[] {
  return [
    service,
    `${service}.${namespace}`,
    `${service}.${namespace}.svc`,
    `${service}.${namespace}.svc.cluster.local`,
  ];
}

/** Name of the Secret of a Service's certificate. */
export const secretOf = (service: string): string => `${service}-tls`;

/** What one look has found. */
interface Found {
  readonly kept: KeptAuthority;
  readonly pairs: Readonly<Record<Service, KeyPair | undefined>>;
}

/** Looks at how things stand, plans one step, takes it, and looks again. Only while it leads. */
export function createRotation(options: RotationOptions): Rotation {
  const { api, namespace, leader, places, clock, metrics } = options;
  const logger = options.logger.child('certificates');
  const vault = createVault(api, namespace);
  const settling = createSettling(options, clock, options.caOverlapMs);
  let found: Found | undefined;
  let waits = '';

  const find = async (signal: AbortSignal): Promise<Found> => {
    const kept = await vault.authority(signal);
    const injector = await vault.pair(secretOf(SERVICES.injector), signal);
    const router = await vault.pair(secretOf(SERVICES.router), signal);
    return { kept, pairs: { injector, router } };
  };

  const settledIn = ({ kept: { authority }, pairs }: Found): { leftMs: number } | { waitsFor: string } => {
    if (authority === undefined) return { waitsFor: 'an authority' };
    const [injector, others] = [pairs.injector?.cert ?? '', [pairs.router?.cert ?? '']];
    return settling.look({ bundle: bundleOf(authority), injector, others });
  };

  const issue = async (secrets: readonly string[], { kept }: Found, signal: AbortSignal): Promise<void> => {
    const { authority } = kept;
    if (authority?.signing === undefined) return;
    for (const service of Object.values(SERVICES).filter((each) => secrets.includes(secretOf(each)))) {
      const pair = issueServing({
        authority: authority.signing,
        names: namesOf(service, namespace),
        nowMs: clock.wallTime(),
        validityMs: options.certificateValidityMs,
      });
      await vault.keepPair(secretOf(service), pair, authority, signal);
      logger.info('certificate issued', { service, ...described(pair.cert) });
    }
  };

  const act = async (step: Step, now: Found, signal: AbortSignal): Promise<void> => {
    if (step.do === 'issue') return issue(step.secrets, now, signal);
    const authority = next(step, now);
    if (authority === undefined) return;
    await vault.keep(authority, now.kept, signal);
    const { signing, next: coming, previous } = authority;
    const reason = step.do === 'stage' ? step.reason : undefined;
    logger.info('authority changed', {
      ...{ step: step.do, reason, previous: previous.length },
      ...{ signing: signing && described(signing.cert), next: coming && described(coming.cert) },
    });
  };

  /** The authority after the step. */
  const next = (step: Step, { kept: { authority = { previous: [] } } }: Found): Authority | undefined => {
    const fresh = (): KeyPair =>
      issueAuthority({ nowMs: clock.wallTime(), validityMs: options.caValidityMs });
    switch (step.do) {
      case 'create': {
        const shown = places.flatMap((place) => place.shown() ?? []).flatMap(certificatesIn);
        return created(fresh(), [...new Set(shown)]);
      }
      case 'stage':
        return { ...authority, next: fresh() };
      case 'promote':
        return promoted(authority);
      case 'retire':
        return retired(authority);
      case 'issue':
      case 'rest':
        return undefined;
    }
  };

  const waitFor = (who: string): { requeueAfterMs: number } => {
    if (who !== waits && who !== '') logger.info('waiting', { who });
    waits = who;
    return { requeueAfterMs: LOOK_MS };
  };

  const pass = async (signal: AbortSignal): Promise<{ requeueAfterMs: number } | undefined> => {
    found = undefined;
    if (!leader.leading()) return undefined;
    const now = (found = await find(signal));
    const { authority, asked } = now.kept;
    const unknown = places.find((place) => place.shown() === undefined);
    // a first authority has to know what is trusted already
    if (authority === undefined && unknown !== undefined) return waitFor(unknown.name);
    if (authority !== undefined) for (const place of places) place.publish(bundleOf(authority));
    const settled = settledIn(now);
    const nowMs = clock.wallTime();
    const served = Object.entries(SERVICES).map(([name, service]): Served => ({
      secret: secretOf(service),
      names: namesOf(service, namespace),
      pair: now.pairs[name as Service],
    }));
    const step = plan({
      ...{ authority, asked, served, nowMs },
      settled: 'leftMs' in settled && settled.leftMs === 0,
    });
    waitFor(step.do === 'rest' && step.turning && 'waitsFor' in settled ? settled.waitsFor : '');
    if (step.do === 'rest') {
      const leftMs = step.turning && 'leftMs' in settled ? settled.leftMs : LOOK_MS;
      return { requeueAfterMs: Math.max(0, Math.min(LOOK_MS, leftMs, step.untilMs - nowMs)) };
    }
    if (!leader.leading()) return undefined;
    await act(step, now, signal);
    metrics.step(step.do);
    return { requeueAfterMs: 0 };
  };

  const controller = createController({
    name: 'certificates',
    reconcile: (_key, signal) =>
      pass(signal).catch((error: unknown) => {
        waits = ConveyorError.from(error).message;
        throw error;
      }),
    clock,
    logger: options.logger,
  });
  const look = (): void => controller.enqueue(KEY);
  leader.onChange(look);
  for (const place of places) place.onChange(look);

  return {
    ...controller,
    look,
    certificates() {
      const { kept, pairs } = found ?? {};
      const certs = { ca: kept?.authority?.signing?.cert, router: pairs?.router?.cert };
      return Object.fromEntries(Object.entries(certs).filter(([, cert]) => cert !== undefined));
    },
    waitsFor: () => waits,
    status() {
      const { signing, next: coming, previous = [] } = found?.kept.authority ?? {};
      const waitsFor = waits === '' ? undefined : waits;
      return {
        signing: signing && described(signing.cert),
        next: coming && described(coming.cert),
        previous: previous.length,
        waitsFor,
      };
    },
  };
}

function described(cert: string): { fingerprint: string; notAfter: string } {
  return { fingerprint: fingerprint(cert), notAfter: parsed(cert)?.validToDate.toISOString() ?? '' };
}
