import type { X509Certificate } from 'node:crypto';
import { type Authority, bundleOf } from './authority.ts';
import { certificatesIn, dueAtMs, fits, holdsAt, isBy, parsed } from '../x509/certificate.ts';
import type { KeyPair } from '../x509/issue.ts';

/** A serving certificate that is kept, and what is there of it. */
export interface Served {
  /** Name of its Secret. */
  readonly secret: string;
  readonly names: readonly string[];
  readonly pair: KeyPair | undefined;
}

/** All that the next step depends on. */
export interface Situation {
  readonly authority: Authority | undefined;
  /** Somebody asks for a new authority. */
  readonly asked: boolean;
  readonly served: readonly Served[];
  /**
   * Everybody has had time to act on the present state: all places show the present bundle and all replicas serve the
   * present certificate, since long enough for what cannot be asked (API servers, mounted files of pods).
   */
  readonly settled: boolean;
  /** Wall clock. */
  readonly nowMs: number;
}

/** What to do next. */
export type Step =
  /** A first authority; where there is something to adopt it only signs once everybody trusts it. */
  | { readonly do: 'create' }
  /** Serving certificates by the authority that signs. */
  | { readonly do: 'issue'; readonly secrets: readonly string[] }
  /** A second authority, to be trusted. */
  | { readonly do: 'stage'; readonly reason: 'asked' | 'due' | 'expired' }
  /** The second authority signs. */
  | { readonly do: 'promote' }
  /** The first one is no longer trusted. */
  | { readonly do: 'retire' }
  /** Nothing, until that time of the wall clock; `turning`: a rotation waits for the state to settle. */
  | { readonly do: 'rest'; readonly untilMs: number; readonly turning: boolean };

/**
 * The next step of creation and rotation. Pure. Whatever the order in which places and replicas follow, every
 * certificate that is served verifies against every bundle that is in use: a new authority is trusted everywhere before
 * it signs, and an old one is trusted until nothing that it signed is served.
 */
export function plan(situation: Situation): Step {
  const { authority, asked, served, settled, nowMs } = situation;
  if (authority === undefined) return { do: 'create' };
  const { next, previous } = authority;
  const signer = signerOf(authority, nowMs);
  const stale = served.filter((each) => signer !== undefined && !isFresh(each, signer, nowMs));
  if (stale.length > 0) return { do: 'issue', secrets: stale.map(({ secret }) => secret) };
  // where nothing works there is nothing that haste could break
  const lost = signer === undefined && !served.some((each) => works(each, authority, nowMs));
  if (next !== undefined && (settled || lost)) return { do: 'promote' };
  if (next === undefined) {
    if (signer === undefined) return { do: 'stage', reason: 'expired' };
    if (previous.length > 0 && settled) return { do: 'retire' };
    if (previous.length === 0 && asked) return { do: 'stage', reason: 'asked' };
    if (previous.length === 0 && dueAtMs(signer) <= nowMs) return { do: 'stage', reason: 'due' };
  }
  const turning = next !== undefined || previous.length > 0;
  return { do: 'rest', untilMs: nextDueMs(situation, signer), turning };
}

/** The authority that can sign now. */
function signerOf({ signing }: Authority, nowMs: number): X509Certificate | undefined {
  const signer = signing === undefined || !fits(signing) ? undefined : parsed(signing.cert);
  return signer !== undefined && holdsAt(signer, nowMs) ? signer : undefined;
}

/** By this signer, for these names, with its key, and not to be renewed yet. */
function isFresh({ pair, names }: Served, signer: X509Certificate, nowMs: number): boolean {
  const cert = pair === undefined || !fits(pair) ? undefined : parsed(pair.cert);
  if (cert === undefined || !isBy(cert, signer) || !holdsAt(cert, nowMs)) return false;
  if (!names.every((name) => cert.checkHost(name, { subject: 'never' }) !== undefined)) return false;
  return !renewable(cert, signer) || nowMs < dueAtMs(cert);
}

/** A certificate that ends with its authority is as new as it can be. */
function renewable({ validToDate }: X509Certificate, signer: X509Certificate): boolean {
  return validToDate.getTime() < signer.validToDate.getTime();
}

/** Clients take it: it holds and somebody who is trusted has signed it. */
function works({ pair }: Served, authority: Authority, nowMs: number): boolean {
  const cert = pair === undefined || !fits(pair) ? undefined : parsed(pair.cert);
  if (cert === undefined || !holdsAt(cert, nowMs)) return false;
  const trusted = certificatesIn(bundleOf(authority)).flatMap((text) => parsed(text) ?? []);
  return trusted.some((ca) => isBy(cert, ca));
}

function nextDueMs({ served }: Situation, signer: X509Certificate | undefined): number {
  if (signer === undefined) return Infinity;
  const certs = served.flatMap(({ pair }) => (pair === undefined ? [] : (parsed(pair.cert) ?? [])));
  return Math.min(...[signer, ...certs.filter((cert) => renewable(cert, signer))].map(dueAtMs));
}
