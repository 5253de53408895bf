import { subscribe } from 'node:diagnostics_channel';
import type { Http2Session, Http2Stream } from 'node:http2';

/**
 * Bytes of answers that a connection to a service or a sidecar may have on their way: they were asked for. The 64 KiB of
 * the standard are a round trip for every 32 KiB, each a write here and a wake-up there.
 */
export const ANSWER_WINDOW_BYTES = 1 << 20;

/**
 * Bytes that a peer may send on a connection before anything of it is read: what nobody asked for. What the byte budget
 * keeps waiting waits in the sender, but for so much.
 */
export const REQUEST_WINDOW_BYTES = 256 << 10;

/** Sets up HTTP/2 for the process as grpc-js and Node would not. To be called once, first thing. */
export function setUpHttp2(): void {
  widenServers();
  for (const side of ['client', 'server']) letGoOfEndedStreams(side);
}

function onStream(channel: string, act: (stream: Http2Stream) => void): void {
  subscribe(channel, (message) => act((message as { stream: Http2Stream }).stream));
}

/** grpc-js has an option for the windows of a client, and none for those of a server. */
function widenServers(): void {
  const widened = new WeakSet<Http2Session>();
  onStream('http2.server.stream.created', ({ session }) => {
    if (session === undefined || !('setLocalWindowSize' in session) || widened.has(session)) return;
    widened.add(session);
    session.setLocalWindowSize(REQUEST_WINDOW_BYTES);
    session.settings({ initialWindowSize: REQUEST_WINDOW_BYTES });
  });
}

/**
 * V8 makes a function that is assigned to a property in the old generation, and each of Node's writable streams has one
 * that refers to the stream (`onwrite`). So a stream outlives its end until the next full collection, and through its
 * listeners the whole call of grpc-js, which keeps every chunk of the answer (measured: 6 MB of chunks between two
 * collections of the new space, and a full collection after every second one).
 */
function letGoOfEndedStreams(side: string): void {
  // those who wait for its end are told first: they were here before
  onStream(`http2.${side}.stream.close`, (stream) => stream.once('close', dropListeners));
}

function dropListeners(this: Http2Stream): void {
  this.removeAllListeners();
  // an error that nobody hears would end the process
  this.on('error', ignore);
}

function ignore(): void {
  // the call is over, and its caller was told how
}
