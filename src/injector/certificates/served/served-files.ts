import { readFile } from 'node:fs/promises';
import { ConveyorError } from '../../../foundation/errors.ts';
import type { Clock } from '../../../foundation/lifecycle/clock.ts';
import { createListeners } from '../../../foundation/lifecycle/listeners.ts';
import { type Loop, startLoop } from '../../../foundation/lifecycle/loop.ts';
import type { Logger } from '../../../foundation/telemetry/logger.ts';
import { certificatesIn, fits } from '../x509/certificate.ts';
import type { KeyPair } from '../x509/issue.ts';
import { logServed, type ServedSource } from './served-secret.ts';

/** Which files, and with what. */
export interface ServedFilesOptions {
  readonly certFile: string;
  readonly keyFile: string;
  /** '' for none. */
  readonly caFile: string;
  /** Hears of the bundle, and of each other one. */
  readonly trust: (bundle: string) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

// mounted Secrets change by a link of a directory above: to look is simpler than to watch, and they are late anyway
const LOOK_MS = 10_000;

/** Serves from mounted files (cert-manager's, or anybody's), as they change. What cannot be served is not taken. */
export function createServedFiles(options: ServedFilesOptions): ServedSource {
  const { certFile, keyFile, caFile, trust, clock } = options;
  const logger = options.logger.child('served-files');
  const listeners = createListeners();
  let loop: Loop | undefined;
  let pair: KeyPair | undefined;
  let bundle = '';
  let problem = `${certFile} has not been read yet`;

  const look = async (): Promise<number> => {
    const next = { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
    const nextBundle = caFile === '' ? '' : certificatesIn(await readFile(caFile, 'utf8')).join('');
    if (!fits(next))
      throw new ConveyorError('MALFORMED', `${certFile} and ${keyFile} are no certificate and its key`);
    problem = '';
    if (nextBundle !== '' && nextBundle !== bundle) trust((bundle = nextBundle));
    if (next.cert !== pair?.cert || next.key !== pair.key) {
      pair = next;
      logServed(logger, pair);
      listeners.tell();
    }
    return LOOK_MS;
  };
  const failed = ({ message }: ConveyorError): number => {
    if (message !== problem) logger.warn('files are not served', { reason: message });
    problem = message;
    return LOOK_MS;
  };

  return {
    name: 'served files',
    keyPair: () => pair,
    problem: () => `nothing to serve: ${problem}`,
    onChange: (listener) => listeners.on(listener),
    start() {
      loop = startLoop({ clock, tick: look, onError: failed });
      return Promise.resolve();
    },
    async stop() {
      await loop?.stop();
    },
  };
}
