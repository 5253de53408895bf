import { subscribe } from 'node:diagnostics_channel';
import type { Http2Stream } from 'node:http2';

/**
 * Has HTTP/2 streams that have ended let go of what they carried. To be called once, first thing.
 *
 * V8 makes a function that is assigned to a property in the old generation, and each of Node's writable streams has one
 * that refers to the stream (`onwrite`). So a stream outlives its end until the next full collection, and through its
 * listeners the whole call of grpc-js, which keeps every chunk of the answer (measured: 6 MB of chunks between two
 * collections of the new space, and a full collection after every second one).
 */
export function letGoOfEndedStreams(): void {
  for (const side of ['client', 'server'])
    subscribe(`http2.${side}.stream.close`, (message) => {
      const { stream } = message as { stream: Http2Stream };
      // those who wait for its end are told first: they were here before
      stream.once('close', dropListeners);
    });
}

function dropListeners(this: Http2Stream): void {
  this.removeAllListeners();
  // an error that nobody hears would end the process
  this.on('error', ignore);
}

function ignore(): void {
  // the call is over, and its caller was told how
}
