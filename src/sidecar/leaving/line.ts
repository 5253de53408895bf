import { connect } from 'node:net';

/** A connection that says nothing: it breaks when the process that listens there goes, however quickly another comes. */
export interface Line {
  broken(): boolean;
  close(): void;
}

/** Opens a line. @param endpoint `127.0.0.1:50052` or `[::1]:50052`. */
export function openLine(endpoint: string): Line {
  const colon = endpoint.lastIndexOf(':');
  const host = endpoint.slice(0, colon).replace(/^\[|\]$/g, '');
  let broken = false;
  const socket = connect({ host, port: Number(endpoint.slice(colon + 1)) });
  // servers greet; unread, that would hide the end
  socket.resume();
  socket.on('error', () => undefined).on('close', () => (broken = true));
  return {
    broken: () => broken,
    close: () => socket.destroy(),
  };
}
