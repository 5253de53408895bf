import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type ChannelCredentials, Client } from '@grpc/grpc-js';

/** A gRPC client whose connections end when it is closed. */
export interface ProbeClient {
  readonly client: Client;
  /** Resolves when every connection is closed. */
  close(): Promise<void>;
}

/** Where to, as whom, and how large an answer may be. */
export interface ProbeClientOptions {
  readonly endpoint: string;
  readonly credentials: ChannelCredentials;
  readonly maxBytes: number;
}

/** A peer that does not close after the goodbye is cut off. */
const GOODBYE_MS = 100;

/** The same credentials, telling of each socket that they are used on. */
function watched(credentials: ChannelCredentials, onSocket: (socket: Socket) => void): ChannelCredentials {
  const createSecureConnector: ChannelCredentials['_createSecureConnector'] = (...args) => {
    const connector = credentials._createSecureConnector(...args);
    const connect: typeof connector.connect = (socket) => {
      onSocket(socket);
      return connector.connect(socket);
    };
    return Object.create(connector, { connect: { value: connect } }) as typeof connector;
  };
  return Object.create(credentials, {
    _createSecureConnector: { value: createSecureConnector },
  }) as ChannelCredentials;
}

async function end(socket: Socket): Promise<void> {
  if (socket.closed) return;
  const cutOff = setTimeout(() => socket.destroy(), GOODBYE_MS);
  await once(socket, 'close').catch(() => undefined);
  clearTimeout(cutOff);
}

/**
 * Opens a client that looks at one local port: a connection of its own, no proxy, no second try. grpc-js leaves the
 * socket of an unfinished HTTP/2 handshake open for good when its client is closed (grpc/grpc-node#2785), which the
 * preflight cannot rule out for the next connection; so the sockets are known here, and closed.
 */
export function openProbeClient({ endpoint, credentials, maxBytes }: ProbeClientOptions): ProbeClient {
  const sockets = new Set<Socket>();
  let closed = false;
  const onSocket = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    if (closed) socket.destroy();
  };
  const client = new Client(endpoint, watched(credentials, onSocket), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_http_proxy': 0,
    'grpc.enable_retries': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.max_receive_message_length': maxBytes,
  });
  return {
    client,
    async close() {
      closed = true;
      client.close();
      await Promise.all([...sockets].map(end));
    },
  };
}
