import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Holds the connections of a server at a number without ever turning a newcomer away: the oldest one that waits for no
 * answer makes room for it. Who only holds connections, or does not read what it asked for, shuts out nobody else.
 * Connections that wait for their answer stay; `maxConnections` is the bound on those.
 */
export function keepRoom(server: Server, maxIdle: number): void {
  const idle = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    idle.add(socket);
    socket.once('close', () => idle.delete(socket));
    const [oldest] = idle;
    if (idle.size > maxIdle) oldest?.destroy();
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket);
    // it is written, whether or not it will be read
    response.once('prefinish', () => {
      if (!socket.destroyed) idle.add(socket);
    });
  });
}
