import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** A TCP listener that counts its connections. */
export interface Listener {
  readonly port: number;
  /** Connections that are open now, as this side sees it. */
  open(): number;
  /** Connections so far. */
  taken(): number;
  close(): Promise<void>;
}

async function started(server: Server): Promise<Listener> {
  const sockets = new Set<Socket>();
  let taken = 0;
  server.on('connection', (socket: Socket) => {
    taken += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    // a server that does not read does not see its peer leave
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    open: () => sockets.size,
    taken: () => taken,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Listens, and does with each connection what it is told; its index comes with it. */
export function listener(serve: (socket: Socket, index: number) => void): Promise<Listener> {
  let index = 0;
  return started(createServer((socket) => serve(socket, index++)));
}

/** Takes connections and data, and says nothing. */
export function silentListener(): Promise<Listener> {
  return listener(() => undefined);
}

/** An HTTP/1 server. */
export function httpListener(): Promise<Listener> {
  return started(createHttp((_request, response) => void response.end('hello')));
}

/** A port at which nothing listens: it was free a moment ago. */
export async function closedPort(): Promise<number> {
  const gone = await silentListener();
  await gone.close();
  return gone.port;
}
