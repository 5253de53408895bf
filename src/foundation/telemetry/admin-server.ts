import { createServer, type IncomingMessage, type Server } from 'node:http';
import { ConveyorError } from '../errors.ts';
import type { Component } from '../lifecycle/component.ts';
import { anyHost } from '../net/address.ts';
import { keepRoom } from '../net/crowd.ts';
import { closeHttp, listenHttp, portOf } from '../net/http-server.ts';
import { answerTo, type AdminPages, type Answer } from './admin-pages.ts';

/** What the admin server listens on, and what it shows. */
export interface AdminServerOptions extends AdminPages {
  /** 0: any free port. */
  readonly port: number;
  /** Every address unless told. */
  readonly host?: string;
}

/** The admin server: first up, last down. */
export interface AdminServer extends Component {
  /** The port that it listens on; 0 before it has started. */
  readonly port: number;
}

// probes and scrapers, and nobody else: a handful of connections with tiny requests
const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8_192,
};
const MAX_CONNECTIONS = 256;
const MAX_IDLE = 64;

async function serve(request: IncomingMessage, pages: AdminPages): Promise<Answer> {
  try {
    return await answerTo(request, pages);
  } catch (error) {
    return { status: 500, body: `${ConveyorError.from(error).message}\n` };
  }
}

function createHttpServer(pages: AdminPages): Server {
  const server = createServer(LIMITS, (request, response) => {
    // a body means nothing here: it is never read, and one that comes all the same ends its connection
    const hasBody =
      Number(request.headers['content-length'] ?? 0) > 0 || 'transfer-encoding' in request.headers;
    void serve(request, pages).then(({ status, body, type = 'text/plain; charset=utf-8', headers = {} }) => {
      response.writeHead(status, {
        'content-type': type,
        'content-length': Buffer.byteLength(body),
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        ...(hasBody || !server.listening ? { connection: 'close' } : {}),
        ...headers,
      });
      response.end(request.method === 'HEAD' ? undefined : body);
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  keepRoom(server, MAX_IDLE);
  return server;
}

/**
 * The admin HTTP server: /metrics, /livez, /readyz, /statusz and POST /drainz.
 * `start` throws ConveyorError FAILED_PRECONDITION that names the address when it is taken.
 */
export function createAdminServer({ port, host = anyHost(), ...pages }: AdminServerOptions): AdminServer {
  const server = createHttpServer(pages);
  return {
    name: 'admin server',
    get port() {
      return portOf(server);
    },
    start: () => listenHttp(server, host, port),
    stop: (signal) => closeHttp(server, signal),
  };
}
