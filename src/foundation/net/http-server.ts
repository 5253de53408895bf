import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ConveyorError } from '../errors.ts';
import { hostPort, notListening } from './address.ts';

type Server = HttpServer | HttpsServer;

/** The port that it listens on; 0 before and after. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo | null)?.port ?? 0;
}

/** Resolves when it listens. @throws ConveyorError FAILED_PRECONDITION that names the address when it is taken. */
export async function listenHttp(server: Server, host: string, port: number): Promise<void> {
  try {
    await once(server.listen(port, host), 'listening');
  } catch (cause) {
    throw notListening(hostPort(host, port), ConveyorError.from(cause).message, cause);
  }
}

/** Answers that are under way are finished, until the signal aborts. Safe for one that never listened. */
export async function closeHttp(server: Server, signal: AbortSignal): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  const force = (): void => server.closeAllConnections();
  server.close();
  server.closeIdleConnections();
  signal.addEventListener('abort', force, { once: true });
  if (signal.aborted) force();
  await closed;
  signal.removeEventListener('abort', force);
}
