import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { ConveyorError } from '../../../foundation/errors.ts';

/** How a router is dialled. */
export interface DialOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** The authorities of a port that speaks TLS, in PEM; undefined: it does not. */
  readonly ca: Buffer | undefined;
}

/** A dual-stack socket writes IPv4 addresses in the IPv6 form. */
const unmapped = (address = ''): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

async function greet(url: URL, ca: Buffer | undefined, signal: AbortSignal): Promise<string> {
  const session = connectHttp2(url, ca === undefined ? {} : { ca });
  try {
    await once(session, 'remoteSettings', { signal });
    return unmapped(session.socket.localAddress);
  } finally {
    session.on('error', () => undefined);
    session.destroy();
  }
}

/**
 * Connects to a router once, as far as HTTP/2's greeting, and hangs up; resolves to the local end's address, by which peers reach this pod. A port
 * that accepts and then stays silent fails here and is never given to grpc-js, which would leak its socket
 * (grpc/grpc-node#2785).
 * @param address `host:port`, an IPv6 host in brackets.
 * @throws ConveyorError UNAVAILABLE, DEADLINE_EXCEEDED or CANCELLED.
 */
export async function dial(address: string, { timeoutMs, signal, ca }: DialOptions): Promise<string> {
  const url = URL.parse(`${ca === undefined ? 'http' : 'https'}://${address}`);
  if (url === null) throw new ConveyorError('UNAVAILABLE', `${address} is not host:port`);
  const timeout = AbortSignal.timeout(Math.max(1, timeoutMs));
  const either = AbortSignal.any([signal, timeout]);
  try {
    return await greet(url, ca, either);
  } catch (cause) {
    if (signal.aborted)
      throw new ConveyorError('CANCELLED', `the dial of ${address} was cancelled`, { cause });
    if (timeout.aborted)
      throw new ConveyorError('DEADLINE_EXCEEDED', `${address} did not answer within ${timeoutMs} ms`, {
        cause,
      });
    throw ConveyorError.from(cause, 'UNAVAILABLE');
  }
}
