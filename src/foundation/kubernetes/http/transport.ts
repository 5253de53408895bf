import {
  Agent as HttpAgent,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as httpRequest,
} from 'node:http';
import { Agent as HttpsAgent, type RequestOptions, request as httpsRequest } from 'node:https';
import { ConveyorError } from '../../errors.ts';
import type { Credentials } from './credentials.ts';
import { failureOfText } from './failure.ts';

/** One request. The signal's reason is what a call that it ends throws. */
export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly body?: { readonly type: string; readonly value: object };
  readonly signal: AbortSignal;
}

/** Sends a request; resolves when an answer of success begins. */
export type Transport = (request: KubeRequest) => Promise<IncomingMessage>;

const MAX_ERROR_BYTES = 64 * 1_024;
// shorter than the API server's own 90 s, so that no request goes out on a connection that is being closed
const IDLE_MS = 30_000;
// the first probe of a silent connection; a peer that is gone is noticed some ten seconds later
const KEEPALIVE_MS = 15_000;

/** Reads an answer as text. @throws TOO_LARGE beyond `maxBytes`, UNAVAILABLE when it breaks off. */
export async function readText(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      response.destroy();
      throw new ConveyorError('TOO_LARGE', `an answer of more than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** What JSON says. @throws MALFORMED when it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConveyorError('MALFORMED', `Kubernetes sent no JSON: ${text.slice(0, 100)}`, { cause: error });
  }
}

function headersOf(given: RequestOptions['headers'], type?: string, body?: string): OutgoingHttpHeaders {
  return {
    // client-node gives names and values, never pairs
    ...(given as OutgoingHttpHeaders | undefined),
    accept: 'application/json',
    'user-agent': 'conveyor-sidecar',
    ...(body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
  };
}

/** What broke, as an error of this project: what the signal says when it has ended the call, else UNAVAILABLE. */
export function broken(error: unknown, signal: AbortSignal): ConveyorError {
  if (signal.aborted) return ConveyorError.from(signal.reason, 'CANCELLED');
  if (error instanceof ConveyorError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ConveyorError('UNAVAILABLE', `no connection to Kubernetes: ${message}`, { cause: error });
}

/** One agent for all requests: connections stay open between them, and notice when the other side is gone. */
export function createTransport(credentials: Credentials): Transport {
  const { server } = credentials;
  const secure = server.protocol === 'https:';
  const kept = { keepAlive: true, keepAliveMsecs: KEEPALIVE_MS, timeout: IDLE_MS };
  const agent = secure ? new HttpsAgent(kept) : new HttpAgent(kept);
  const prefix = server.pathname.replace(/\/$/, '');

  const send = async ({ method, path, body, signal }: KubeRequest): Promise<IncomingMessage> => {
    const options = await credentials.options();
    signal.throwIfAborted();
    const text = body === undefined ? undefined : JSON.stringify(body.value);
    return new Promise((resolve, reject) => {
      const request = (secure ? httpsRequest : httpRequest)(new URL(server.origin), {
        ...options,
        ...{ method, path: `${prefix}${path}`, signal },
        agent: credentials.proxy(options) ?? agent,
        headers: headersOf(options.headers, body?.type, text),
      });
      request.on('socket', (socket) => socket.setKeepAlive(true, KEEPALIVE_MS));
      request.on('response', resolve).on('error', reject).end(text);
    });
  };

  return async (request) => {
    try {
      const response = await send(request);
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) return response;
      if (status === 401) credentials.refused();
      throw failureOfText(status, await readText(response, MAX_ERROR_BYTES));
    } catch (error) {
      throw broken(error, request.signal);
    }
  };
}
