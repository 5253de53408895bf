import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** What listens at an address. `hung-up`: it took the connection and closed it without a word. */
export type Verdict = 'h2' | 'closed' | 'silent' | 'hung-up' | 'http1' | 'tls' | 'garbage';

/** The verdict and, for people, what it was read from. */
export interface Preflight {
  readonly verdict: Verdict;
  readonly detail: string;
}

/** Where, how long, until when. */
export interface PreflightOptions {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  /** Ends the preflight early, as `silent`. */
  readonly signal?: AbortSignal;
}

const FRAME_HEADER_BYTES = 9;
const SETTINGS = 4;
/** The client's connection preface with empty SETTINGS (RFC 9113, 3.4). */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1');
/** GOAWAY, NO_ERROR: a server need not log that we left. */
const GOAWAY = Buffer.from('\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0', 'latin1');
/** A peer that does not close after our goodbye is cut off. */
const GOODBYE_MS = 100;

const printable = (bytes: Buffer): string => JSON.stringify(bytes.toString('latin1'));

/** Reads the first bytes of an answer; undefined when more are needed. */
function verdictOf(bytes: Buffer): Preflight | undefined {
  if (bytes.length < FRAME_HEADER_BYTES) return undefined;
  // a server's preface is a SETTINGS frame of stream 0 that is no acknowledgement (RFC 9113, 3.4)
  const isSettings = bytes.readUIntBE(0, 3) % 6 === 0 && bytes[3] === SETTINGS && bytes[4] === 0;
  if (isSettings && bytes.readUInt32BE(5) === 0) return { verdict: 'h2', detail: 'HTTP/2' };
  if (bytes[0] === 0x15 && bytes[1] === 0x03) return { verdict: 'tls', detail: 'answers with a TLS alert' };
  const text = bytes.toString('latin1');
  // servers that take us for HTTP/0.9 leave the status line out
  if (/^(HTTP\/|<!doctype|<html)/i.test(text)) return { verdict: 'http1', detail: 'answers with HTTP/1' };
  return { verdict: 'garbage', detail: `answers with ${printable(bytes)}` };
}

/** Everything that can be said once the peer has closed. */
function verdictAtEnd(bytes: Buffer): Preflight {
  if (bytes.length === 0) return { verdict: 'hung-up', detail: 'closed the connection without an answer' };
  if (bytes[0] === 0x15 && bytes[1] === 0x03) return { verdict: 'tls', detail: 'answers with a TLS alert' };
  return { verdict: 'garbage', detail: `answers with ${printable(bytes)}` };
}

function knock({ host, port, timeoutMs, signal }: PreflightOptions): Promise<Preflight> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host, port });
    let heard: Buffer = Buffer.alloc(0);
    let connected = false;
    let result: Preflight | undefined;
    const decide = (preflight: Preflight): void => {
      if (result !== undefined) return;
      result = preflight;
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      if (preflight.verdict === 'h2') leave(socket);
      else socket.destroy();
    };
    const silence = { verdict: 'silent', detail: `no answer within ${timeoutMs} ms` } as const;
    const abort = (): void => decide(silence);
    const timer = setTimeout(abort, timeoutMs);
    signal?.addEventListener('abort', abort, { once: true });
    socket.on('connect', () => {
      connected = true;
      socket.write(PREFACE);
    });
    socket.on('data', (chunk: Buffer) => {
      if (result !== undefined) return;
      heard = Buffer.concat([heard, chunk.subarray(0, 64)]);
      const verdict = verdictOf(heard.subarray(0, 64));
      if (verdict !== undefined) decide(verdict);
    });
    socket.on('end', () => decide(verdictAtEnd(heard)));
    socket.on('error', (error) =>
      decide(connected ? verdictAtEnd(heard) : { verdict: 'closed', detail: closedReason(error) }),
    );
    // only a closed socket is an answered question: that is what "no leak" means
    socket.on('close', () => resolve(result ?? verdictAtEnd(heard)));
    if (signal?.aborted === true) abort();
  });
}

function leave(socket: Socket): void {
  const cutOff = setTimeout(() => socket.destroy(), GOODBYE_MS);
  socket.on('close', () => clearTimeout(cutOff));
  socket.end(GOAWAY);
}

function closedReason(error: NodeJS.ErrnoException): string {
  return error.code === 'ECONNREFUSED' ? 'connection refused' : (error.code ?? error.message);
}

/** Does a TLS handshake succeed here? Some servers close on plain text without an alert. */
function speaksTls({ host, port, timeoutMs, signal }: PreflightOptions): Promise<boolean> {
  return new Promise((resolve) => {
    // a question about the protocol, not about who answers: no byte of ours is sent over it
    const socket = connectTls({ host, port, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
    let secure = false;
    const end = (): void => void socket.destroy();
    const timer = setTimeout(end, timeoutMs);
    signal?.addEventListener('abort', end, { once: true });
    socket.on('secureConnect', () => {
      secure = true;
      end();
    });
    socket.on('error', end);
    socket.on('close', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve(secure);
    });
    if (signal?.aborted === true) end();
  });
}

/**
 * Finds out what listens at an address before a gRPC client goes near it: a grpc-js client that meets a silent port
 * leaks its socket for good (grpc/grpc-node#2785). Sends the HTTP/2 preface, reads the first frame header and hangs
 * up. Never throws; when it resolves, its sockets are closed.
 */
export async function preflight(options: PreflightOptions): Promise<Preflight> {
  const begin = performance.now();
  const answer = await knock(options);
  if (answer.verdict !== 'hung-up') return answer;
  const timeoutMs = options.timeoutMs - (performance.now() - begin);
  if (timeoutMs <= 1 || !(await speaksTls({ ...options, timeoutMs }))) return answer;
  return { verdict: 'tls', detail: 'speaks TLS' };
}
