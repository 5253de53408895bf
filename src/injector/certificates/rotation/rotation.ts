import { ConveyorError } from '../../../foundation/errors.ts';
import type { KubeApi } from '../../../foundation/kubernetes/api.ts';
import { createController } from '../../../foundation/kubernetes/controller.ts';
import type { Clock } from '../../../foundation/lifecycle/clock.ts';
import type { Component } from '../../../foundation/lifecycle/component.ts';
import type { Logger } from '../../../foundation/telemetry/logger.ts';
import { bundleOf } from './authority.ts';
import type { CertificateMetrics, CertificateName } from '../metrics.ts';
import type { Leadership } from '../../ours.ts';
import type { TrustPlace } from '../trust/places.ts';
import { plan, type Served } from './plan.ts';
import type { Acknowledgement } from '../trust/replicas.ts';
import { namesOf, secretOf, SERVICES, type ServiceKey } from '../services.ts';
import { createSettling } from './settling.ts';
import { describedAuthority, type Found, take } from './steps.ts';
import { createVault } from './vault.ts';

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

// the authority's Secret is not watched: so soon a request to rotate, or a loss, is seen
const LOOK_MS = 30_000;
const KEY = 'certificates';

/** Looks at how things stand, plans one step, takes it, and looks again. Only while it leads. */
export function createRotation(options: RotationOptions): Rotation {
  const { api, namespace, leader, places, clock, metrics } = options;
  const logger = options.logger.child('certificates');
  const vault = createVault(api, namespace);
  const tools = { ...options, vault, logger };
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

  const waitFor = (who: string): { requeueAfterMs: number } => {
    if (who !== waits && who !== '') logger.info('waiting', { who });
    waits = who;
    return { requeueAfterMs: LOOK_MS };
  };

  const pass = async (signal: AbortSignal): Promise<{ requeueAfterMs: number } | undefined> => {
    if (!leader.leading()) return (found = undefined);
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
      pair: now.pairs[name as ServiceKey],
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
    await take(step, now, tools, signal);
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
      const waitsFor = waits === '' ? undefined : waits;
      return { ...describedAuthority(found?.kept.authority ?? { previous: [] }), waitsFor };
    },
  };
}
