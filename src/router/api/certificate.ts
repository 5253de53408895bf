import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { experimental, type ServerCredentials } from '@grpc/grpc-js';
import type { Component } from '../../foundation/lifecycle/component.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';

/** A server certificate that is read again as it changes. */
export interface Certificate extends Component {
  /** Until there is a certificate, connections are dropped; a bad one never takes a good one's place. */
  readonly credentials: ServerCredentials;
  /** When it ends, in milliseconds since 1970; undefined: there is none yet. */
  notAfterMs(): number | undefined;
}

/** PEM texts: the certificate with those between it and the authority, and its key. */
export interface Pair {
  readonly certificate: Buffer;
  readonly privateKey: Buffer;
}

/** The certificate that is held, for whoever reads it. */
export interface HeldCertificate extends Pick<Certificate, 'credentials' | 'notAfterMs'> {
  /** Serves it from now on. Throws when the two do not belong together, as in the middle of a change. */
  take(pair: Pair): void;
  /** Says once what is wrong, until it is something else. */
  complain(reason: string): void;
}

type Identity = Parameters<
  Parameters<experimental.CertificateProvider['addIdentityCertificateListener']>[0]
>[0];

/** Holds none at first. @param source where it comes from, for the log. */
export function holdCertificate(source: string, logger: Logger): HeldCertificate {
  const listeners = new Set<(identity: Identity) => void>();
  let identity: Identity = null;
  let notAfterMs: number | undefined;
  let complaint = '';
  const provider: experimental.CertificateProvider = {
    addIdentityCertificateListener(listener) {
      listeners.add(listener);
      // the server listens to its credentials only when this call has returned
      if (identity !== null) queueMicrotask(() => listener(identity));
    },
    removeIdentityCertificateListener: (listener) => void listeners.delete(listener),
    addCaCertificateListener: () => undefined,
    removeCaCertificateListener: () => undefined,
  };
  return {
    credentials: experimental.createCertificateProviderServerCredentials(provider, null, false),
    notAfterMs: () => notAfterMs,
    take(pair) {
      const { certificate, privateKey } = pair;
      if (identity?.certificate.equals(certificate) === true && identity.privateKey.equals(privateKey))
        return;
      createSecureContext({ cert: certificate, key: privateKey });
      notAfterMs = Date.parse(new X509Certificate(certificate).validTo);
      identity = pair;
      complaint = '';
      for (const listener of listeners) listener(identity);
      logger.info('certificate read', { source, notAfter: new Date(notAfterMs).toISOString() });
    },
    complain(reason) {
      if (reason !== complaint)
        logger.warn('certificate cannot be read, trying on', { source, reason, held: identity !== null });
      complaint = reason;
    },
  };
}
