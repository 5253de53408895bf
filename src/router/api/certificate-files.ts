import { readFile } from 'node:fs/promises';
import { ConveyorError } from '../../foundation/errors.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import { type Loop, startLoop } from '../../foundation/lifecycle/loop.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import { type Certificate, holdCertificate } from './certificate.ts';

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

/** Follows the files from `start` on. It never throws: what is wrong with them is logged once, until it is another. */
export function certificateFiles({
  certFile,
  keyFile,
  clock,
  logger,
  periodMs = 5_000,
}: CertificateOptions): Certificate {
  const held = holdCertificate(certFile, logger);
  let loop: Loop | undefined;
  const look = async (): Promise<void> => {
    const [certificate, privateKey] = await Promise.all([readFile(certFile), readFile(keyFile)]);
    held.take({ certificate, privateKey });
  };
  const complain = ({ message }: ConveyorError): number => {
    held.complain(message);
    return periodMs;
  };
  return {
    name: 'certificate',
    credentials: held.credentials,
    notAfterMs: () => held.notAfterMs(),
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
