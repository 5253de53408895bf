import type { Server } from 'node:https';
import type { Socket } from 'node:net';

// as many as may be in the middle of a handshake at once
const MAX_SILENT = 128;
const SILENT_MS = 10_000;

/**
 * Keeps connections that ask nothing from filling a server: anybody in the cluster can open them, and must not keep the
 * API server out. They end after ten seconds, and of more than 128 the oldest makes room.
 */
export function limitSilent(server: Server): void {
  const silent = new Map<string, Socket>();
  server.timeout = SILENT_MS;
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket);
    silent.set(peer, socket);
    socket.once('close', () => {
      if (silent.get(peer) === socket) silent.delete(peer);
    });
    const [oldest] = silent.values();
    if (silent.size > MAX_SILENT) oldest?.destroy();
  });
  // the socket of a request is that of TLS, which shows the same peer
  server.on('request', ({ socket }) => silent.delete(peerOf(socket)));
}

function peerOf({ remoteAddress = '', remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
