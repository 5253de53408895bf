import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { MIB } from '../../foundation/config/value-type.ts';
import { ConveyorError } from '../../foundation/errors.ts';
import type { Component } from '../../foundation/lifecycle/component.ts';
import { anyHost } from '../../foundation/net/address.ts';
import { closeHttp, listenHttp, portOf } from '../../foundation/net/http-server.ts';
import { limitSilent } from './silent-connections.ts';

/** PEM texts of a serving certificate (with its chain) and its key. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** Where the serving certificate comes from, and when there is another one. */
export interface Certificates {
  /** undefined: none yet; connections fail in the handshake. */
  keyPair(): KeyPair | undefined;
  onChange(listener: () => void): () => void;
}

/** What the webhook's server is made of. */
export interface WebhookServerOptions {
  /** Every address unless told. */
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
  readonly certificates: Certificates;
  /** Answers a review; throws ConveyorError MALFORMED for what is none. */
  readonly handle: (body: unknown) => object;
  readonly refused: (status: number) => void;
}

/** The HTTPS server of the webhook. */
export interface WebhookServer extends Component {
  /** The port that it listens on; 0 before it has started. */
  readonly port: number;
  /** From now on each answer ends its connection, so that the API server goes to another replica. */
  leave(): void;
}

const LIMITS = {
  handshakeTimeout: 5_000,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 60_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8_192,
};
const MAX_CONNECTIONS = 1_024;
// etcd takes objects of up to 1.5 MiB, and a review holds one as JSON
const MAX_BODY_BYTES = 3 * MIB;

/**
 * Answers `POST /inject` and nothing else. It serves whatever certificate there is at a handshake.
 * `start` throws ConveyorError FAILED_PRECONDITION that names the address when it is taken.
 */
export function createWebhookServer(options: WebhookServerOptions): WebhookServer {
  const { host = anyHost(), port, certificates } = options;
  let leaving = false;
  const server = createServer({ ...LIMITS, minVersion: 'TLSv1.2' }, (request, response) => {
    if (leaving) response.setHeader('connection', 'close');
    void serve(request, response, options);
  });
  server.maxConnections = MAX_CONNECTIONS;
  limitSilent(server);
  let unfollow: () => void = () => undefined;
  return {
    name: 'webhook server',
    get port() {
      return portOf(server);
    },
    leave() {
      leaving = true;
    },
    async start() {
      useCertificate(server, certificates);
      unfollow = certificates.onChange(() => useCertificate(server, certificates));
      await listenHttp(server, host, port);
    },
    async stop(signal) {
      unfollow();
      await closeHttp(server, signal);
    },
  };
}

function useCertificate(server: Server, certificates: Certificates): void {
  const pair = certificates.keyPair();
  if (pair !== undefined) server.setSecureContext({ ...pair, minVersion: 'TLSv1.2' });
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { handle, refused }: WebhookServerOptions,
): Promise<void> {
  try {
    const answer = JSON.stringify(handle(await bodyOf(request)));
    response.setHeader('content-type', 'application/json').end(answer);
  } catch (thrown) {
    const error = ConveyorError.from(thrown);
    const status = STATUS[error.code] ?? 500;
    refused(status);
    // what is left of the body is not read
    response.writeHead(status, { connection: 'close' }).end(`${error.message}\n`);
  }
}

const STATUS: Partial<Record<ConveyorError['code'], number>> = {
  NOT_FOUND: 404,
  UNIMPLEMENTED: 405,
  MALFORMED: 400,
  TOO_LARGE: 413,
};

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  // the API server adds ?timeout=5s
  if (request.url?.split('?', 1)[0] !== '/inject') throw new ConveyorError('NOT_FOUND', 'not found');
  if (request.method !== 'POST') throw new ConveyorError('UNIMPLEMENTED', 'method not allowed');
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES)
      throw new ConveyorError('TOO_LARGE', `a review has at most ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch (cause) {
    throw new ConveyorError('MALFORMED', 'the body is not JSON', { cause });
  }
}
