import { AsyncResource } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import type { Http2Session, Http2Stream } from 'node:http2';
import { StreamDecoder } from '@grpc/grpc-js/build/src/stream-decoder.js';

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
  bindPlainly();
  for (const side of ['client', 'server']) letGoOfEndedStreams(side);
  letGoOfChunks();
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
 * Node binds a function for each request that a client makes, and gives it a property that is deprecated (DEP0172): three
 * closures and a hidden class, which is made in the old generation and refers to them. Without the property a call of one
 * record costs a twelfth less.
 */
function bindPlainly(): void {
  AsyncResource.prototype.bind = function <F extends (...args: unknown[]) => unknown>(
    this: AsyncResource,
    bound: F,
    self?: unknown,
  ): F {
    const inScope = (caller: unknown, args: unknown[]): unknown =>
      this.runInAsyncScope(bound, self ?? caller, ...args);
    return function (this: unknown, ...args) {
      return inScope(this, args);
    } as F;
  };
}

/**
 * V8 makes a function that is assigned to a property in the old generation, and each of Node's writable streams has one
 * that refers to the stream (`onwrite`). So a stream outlives its end until the next full collection, and through its
 * listeners the whole call of grpc-js, which keeps every chunk of the answer (measured: 6 MB of chunks between two
 * collections of the new space, and a full collection after every second one).
 */
function letGoOfEndedStreams(side: string): void {
  // those who wait for its end are told first: they were here before
  onStream(`http2.${side}.stream.close`, (stream) => stream.on('close', dropListeners));
}

function dropListeners(this: Http2Stream): void {
  // not the stream's own method, which would look at the next tick whether it is to be read
  const { prototype } = EventEmitter;
  // as long as somebody listens for removals, the others are removed and told one by one
  prototype.removeAllListeners.call(this, 'removeListener');
  prototype.removeAllListeners.call(this);
  // an error that nobody hears would end the process
  this.on('error', ignore);
}

function ignore(): void {
  // the call is over, and its caller was told how
}

/** What grpc-js puts the messages of a call together with, as far as it matters here. */
interface Decoder {
  write: (this: Decoder, chunk: Buffer) => Buffer[];
  /** 0: between two messages. */
  readState: number;
  readPartialMessage: Buffer[];
  readCompressFlag: Buffer;
}

const UNCOMPRESSED = Buffer.alloc(1);

/**
 * A decoder keeps the chunks of its last message beside the message, each with all that was read along with it, until the
 * call is collected. On a server that takes a full collection: the call is referred to by a writable stream of Node's
 * (above). Without the chunks a batch from another sidecar costs a twentieth less, a large one a seventh.
 */
function letGoOfChunks(): void {
  const decoder = StreamDecoder.prototype as unknown as Decoder;
  const { write } = decoder;
  decoder.write = function (chunk) {
    const messages = write.call(this, chunk);
    if (messages.length > 0 && this.readState === 0) {
      this.readPartialMessage = [];
      this.readCompressFlag = UNCOMPRESSED;
    }
    return messages;
  };
}
