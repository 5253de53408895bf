import type { Clock } from '../../../foundation/lifecycle/clock.ts';
import type { Logger } from '../../../foundation/telemetry/logger.ts';
import { type Authority, created, promoted, retired } from './authority.ts';
import { certificatesIn, fingerprint, parsed } from '../x509/certificate.ts';
import { issueAuthority, issueServing, type KeyPair } from '../x509/issue.ts';
import type { TrustPlace } from '../trust/places.ts';
import type { Step } from './plan.ts';
import { namesOf, secretOf, SERVICES, type ServiceKey } from '../services.ts';
import type { KeptAuthority, Vault } from './vault.ts';

/** What a look at the Secrets has found. */
export interface Found {
  readonly kept: KeptAuthority;
  readonly pairs: Readonly<Record<ServiceKey, KeyPair | undefined>>;
}

/** What steps are taken with. */
export interface StepTools {
  readonly vault: Vault;
  readonly namespace: string;
  readonly places: readonly TrustPlace[];
  readonly caValidityMs: number;
  readonly certificateValidityMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Takes a step from what has been found; throws what the API throws. */
export async function take(step: Step, found: Found, tools: StepTools, signal: AbortSignal): Promise<void> {
  if (step.do === 'issue') return issue(step.secrets, found, tools, signal);
  const authority = authorityAfter(step, found, tools);
  if (authority === undefined) return;
  await tools.vault.keep(authority, found.kept, signal);
  const reason = step.do === 'stage' ? step.reason : undefined;
  tools.logger.info('authority changed', { step: step.do, reason, ...describedAuthority(authority) });
}

async function issue(
  secrets: readonly string[],
  { kept: { authority } }: Found,
  { vault, namespace, certificateValidityMs: validityMs, clock, logger }: StepTools,
  signal: AbortSignal,
): Promise<void> {
  if (authority?.signing === undefined) return;
  for (const service of Object.values(SERVICES).filter((each) => secrets.includes(secretOf(each)))) {
    const names = namesOf(service, namespace);
    const nowMs = clock.wallTime();
    const pair = issueServing({ authority: authority.signing, names, nowMs, validityMs });
    await vault.keepPair(secretOf(service), pair, authority, signal);
    logger.info('certificate issued', { service, ...described(pair.cert) });
  }
}

function authorityAfter(
  step: Step,
  { kept: { authority = { previous: [] } } }: Found,
  { places, clock, caValidityMs: validityMs }: StepTools,
): Authority | undefined {
  const fresh = (): KeyPair => issueAuthority({ nowMs: clock.wallTime(), validityMs });
  switch (step.do) {
    case 'create': {
      const trusted = places.flatMap((place) => place.shown() ?? []).flatMap(certificatesIn);
      return created(fresh(), [...new Set(trusted)]);
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
}

/** An authority for people; nothing secret. */
export function describedAuthority({ signing, next, previous }: Authority): object {
  return {
    signing: signing && described(signing.cert),
    next: next && described(next.cert),
    previous: previous.length,
  };
}

function described(cert: string): { fingerprint: string; notAfter: string } {
  return { fingerprint: fingerprint(cert), notAfter: parsed(cert)?.validToDate.toISOString() ?? '' };
}
