import { readFile } from 'node:fs/promises';
import { type CallCredentials, type ChannelCredentials, credentials, Metadata } from '@grpc/grpc-js';
import { ConveyorError } from '../../../foundation/errors.ts';
import type { Logger } from '../../../foundation/telemetry/logger.ts';

/** How one dial of a router is secured. */
export interface DialCredentials {
  readonly channel: ChannelCredentials;
  /** The authorities that the router's certificate may come from, in PEM; undefined: the port is plain. */
  readonly ca: Buffer | undefined;
}

/** Asked at each dial. @throws ConveyorError UNAVAILABLE when there is nothing to dial with yet. */
export type RouterCredentials = () => Promise<DialCredentials>;

/** No TLS; a token never goes this way. */
export const plainCredentials: RouterCredentials = () =>
  Promise.resolve({ channel: credentials.createInsecure(), ca: undefined });

/** Files that the kubelet keeps fresh. */
export interface CredentialFiles {
  readonly caFile: string;
  /** '' for none. */
  readonly tokenFile: string;
  readonly logger: Logger;
}

/**
 * TLS by the authorities in a file, read at each dial, so that a rotation needs no restart; and the token in another,
 * read at each call, as it is good for an hour. Without the token calls go without one: what that means the router says.
 */
export function tlsCredentials({ caFile, tokenFile, logger }: CredentialFiles): RouterCredentials {
  const token = tokenFile === '' ? undefined : tokenCredentials(tokenFile, logger);
  return async () => {
    const ca = await readFile(caFile).catch((cause: unknown) => {
      const { message } = ConveyorError.from(cause);
      throw new ConveyorError('UNAVAILABLE', `no authority to know the router by: ${message}`, { cause });
    });
    const channel = credentials.createSsl(ca);
    return { channel: token === undefined ? channel : channel.compose(token), ca };
  };
}

/** grpc-js lets call credentials on a channel with TLS alone. */
function tokenCredentials(tokenFile: string, logger: Logger): CallCredentials {
  let missing = false;
  const read = async (): Promise<Metadata> => {
    const metadata = new Metadata();
    try {
      metadata.set('authorization', `Bearer ${(await readFile(tokenFile, 'utf8')).trim()}`);
      missing = false;
    } catch (thrown) {
      const reason = ConveyorError.from(thrown).message;
      if (!missing) logger.warn('no token to show to the router, calls go without', { reason });
      missing = true;
    }
    return metadata;
  };
  return credentials.createFromMetadataGenerator((_parameters, callback) => {
    read().then((metadata) => callback(null, metadata), callback);
  });
}

/** What the settings ask for: TLS where there is a file of authorities, and then all addresses speak it. */
export function routerCredentials({
  routerCaFile: caFile,
  routerTokenFile: tokenFile,
  logger,
}: {
  readonly routerCaFile: string;
  readonly routerTokenFile: string;
  readonly logger: Logger;
}): RouterCredentials {
  return caFile === '' ? plainCredentials : tlsCredentials({ caFile, tokenFile, logger });
}
