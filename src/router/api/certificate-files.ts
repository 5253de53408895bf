import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { experimental, type ServerCredentials } from '@grpc/grpc-js';
import { ConveyorError } from '../../foundation/errors.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import type { Component } from '../../foundation/lifecycle/component.ts';
import { type Loop, startLoop } from '../../foundation/lifecycle/loop.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';

/** Where a certificate lies, in PEM. */
export interface CertificateFiles {
  /** The certificate, then those between it and the authority. */
  readonly certFile: string;
  readonly keyFile: string;
}

/** What is needed to follow files. */
export interface CertificateOptions extends CertificateFiles {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds between two looks: a mounted Secret changes without a sign that every file system gives. */
  readonly periodMs?: number;
}

/** A server certificate that is read again as its files change. */
export interface Certificate extends Component {
  /** Until there is a certificate, connections are dropped; a bad one never takes a good one's place. */
  readonly credentials: ServerCredentials;
  /** When it ends, in milliseconds since 1970; undefined: there is none yet. */
  notAfterMs(): number | undefined;
}

type Identity = Parameters<
  Parameters<experimental.CertificateProvider['addIdentityCertificateListener']>[0]
>[0];

/** Follows the files from `start` on. It never throws: what is wrong with them is logged once, until it is another. */
export function certificateFiles({
  certFile,
  keyFile,
  clock,
  logger,
  periodMs = 5_000,
}: CertificateOptions): Certificate {
  const listeners = new Set<(identity: Identity) => void>();
  let identity: Identity = null;
  let notAfterMs: number | undefined;
  let complaint = '';
  let loop: Loop | undefined;
  const look = async (): Promise<void> => {
    const [certificate, privateKey] = await Promise.all([readFile(certFile), readFile(keyFile)]);
    if (identity?.certificate.equals(certificate) === true && identity.privateKey.equals(privateKey)) return;
    // throws when the two do not belong together, as in the middle of a change
    createSecureContext({ cert: certificate, key: privateKey });
    notAfterMs = Date.parse(new X509Certificate(certificate).validTo);
    identity = { certificate, privateKey };
    complaint = '';
    for (const listener of listeners) listener(identity);
    logger.info('certificate read', { certFile, notAfter: new Date(notAfterMs).toISOString() });
  };
  const complain = (error: ConveyorError): number => {
    if (error.message !== complaint)
      logger.warn('certificate cannot be read, trying on', {
        reason: error.message,
        held: identity !== null,
      });
    complaint = error.message;
    return periodMs;
  };
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
    name: 'certificate',
    credentials: experimental.createCertificateProviderServerCredentials(provider, null, false),
    notAfterMs: () => notAfterMs,
    async start() {
      await look().catch((thrown: unknown) => complain(ConveyorError.from(thrown)));
      const tick = (): Promise<number> => look().then(() => periodMs);
      loop = startLoop({ clock, tick, onError: complain });
    },
    async stop() {
      await loop?.stop();
    },
  };
}
