import type { Secret } from 'kubernetes-types/core/v1.d.ts';
import { certificatesIn } from '../x509/certificate.ts';
import type { KeyPair } from '../x509/issue.ts';

/** The certificate authority through its rotations. All of its certificates are trusted. */
export interface Authority {
  /** Signs; absent while one that was lost is replaced. */
  readonly signing?: KeyPair;
  /** To sign, once everybody trusts it. */
  readonly next?: KeyPair;
  /** Certificates of those that have signed: trusted until nothing of theirs is served. */
  readonly previous: readonly string[];
}

/** Everything that is to be trusted, as PEM: the same text for the same certificates, whatever their part is. */
export function bundleOf({ signing, next, previous }: Authority): string {
  const all = [signing?.cert ?? '', next?.cert ?? '', ...previous].flatMap(certificatesIn);
  return [...new Set(all)].sort().join('');
}

/** A first authority. Where others are trusted already, as after a loss, it has to become trusted beside them first. */
export function created(pair: KeyPair, trusted: readonly string[]): Authority {
  return trusted.length === 0 ? { signing: pair, previous: [] } : { next: pair, previous: trusted };
}

/** The next authority is trusted everywhere: it signs from now on. */
export function promoted({ signing, next, previous }: Authority): Authority {
  const left = [...previous, ...(signing === undefined ? [] : [signing.cert])];
  return next === undefined ? { previous, ...(signing && { signing }) } : { signing: next, previous: left };
}

/** Nothing is served any more of those that have signed before. */
export function retired(authority: Authority): Authority {
  return { ...authority, previous: [] };
}

/** The authority as its Secret holds it; undefined when there is nothing in it that can sign now or later. */
export function authorityOf({ data = {} }: Secret): Authority | undefined {
  const text = (name: string): string => Buffer.from(data[name] ?? '', 'base64').toString();
  const pair = (name: string): KeyPair | undefined => {
    const [cert] = certificatesIn(text(`${name}.crt`));
    const key = text(`${name}.key`);
    return cert === undefined || key === '' ? undefined : { cert, key };
  };
  const [signing, next] = [pair('ca'), pair('next')];
  if (signing === undefined && next === undefined) return undefined;
  return {
    previous: certificatesIn(text('previous.crt')),
    ...(signing && { signing }),
    ...(next && { next }),
  };
}

/** The data of its Secret. All names are always there, so that a merge leaves nothing behind. */
export function dataOf({ signing, next, previous }: Authority): Record<string, string> {
  const texts = {
    'ca.crt': signing?.cert,
    'ca.key': signing?.key,
    'next.crt': next?.cert,
    'next.key': next?.key,
    'previous.crt': previous.join(''),
  };
  return encoded(texts);
}

/** Texts as a Secret holds them. */
export function encoded(texts: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const entries = Object.entries(texts);
  return Object.fromEntries(entries.map(([name, text = '']) => [name, Buffer.from(text).toString('base64')]));
}
