import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { BACKDATED_MS, type KeyPair } from './issue.ts';

/** The certificates of PEM text, one each, in the text's order; what is no certificate is left out. */
export function certificatesIn(text: string): string[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => `${block}\n`).filter((block) => parsed(block) !== undefined);
}

/** The certificate of PEM text; undefined when it is none. */
export function parsed(cert: string): X509Certificate | undefined {
  try {
    return new X509Certificate(cert);
  } catch {
    return undefined;
  }
}

/** Whether the key is the certificate's own, so that TLS can serve with both. */
export function fits({ cert, key }: KeyPair): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** Whether it holds at this time of the wall clock. */
export function holdsAt({ validFromDate, validToDate }: X509Certificate, nowMs: number): boolean {
  return validFromDate.getTime() <= nowMs && nowMs < validToDate.getTime();
}

/** Whether `authority` has signed it. */
export function isBy(cert: X509Certificate, authority: X509Certificate): boolean {
  return cert.checkIssued(authority) && cert.verify(authority.publicKey);
}

/** When a certificate of ours is to be replaced: two thirds through its time, as cert-manager has it. Wall clock. */
export function dueAtMs({ validFromDate, validToDate }: X509Certificate): number {
  const fromMs = validFromDate.getTime() + BACKDATED_MS;
  return fromMs + ((validToDate.getTime() - fromMs) * 2) / 3;
}

/** A short name of PEM text, to compare and to show. */
export function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
