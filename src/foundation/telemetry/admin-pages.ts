import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Registry } from 'prom-client';
import { isLoopback } from '../net/address.ts';
import { type ReadinessCheck, readiness } from './readiness.ts';

/** What the admin server shows and does. */
export interface AdminPages {
  readonly registry: Registry;
  /** All must hold for `/readyz`. */
  readonly checks: readonly ReadinessCheck[];
  /** What `/statusz` shows: data that JSON can hold. */
  readonly status: () => unknown;
  /**
   * What `POST /drainz` asks for; its end is the answer's. With `exit` the process shall leave when it is drained.
   * Without this there is no such page.
   */
  readonly onDrain?: (options: { readonly exit: boolean }) => Promise<void>;
  /** Without them there are no such pages. */
  readonly stopHooks?: StopHooks | undefined;
}

/** What the kubelet calls when it is to stop a container of this pod (preStop, httpGet). */
export interface StopHooks {
  /** What their paths end in: it keeps strangers out. */
  readonly key: string;
  /** `/prestop/<key>`: the hook of this process's own container. It is answered at once. */
  readonly ownStop: () => void;
  /** `/prestop/<container>/<key>`: that of another; the kubelet stops it when this resolves. */
  readonly hold: (container: string) => Promise<void>;
}

/** An HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  /** Plain text unless told. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Page {
  readonly method: 'GET' | 'POST';
  answer(request: IncomingMessage, query: URLSearchParams): Answer | Promise<Answer>;
}

const JSON_TYPE = 'application/json; charset=utf-8';

function drainPage(onDrain: NonNullable<AdminPages['onDrain']>): Page {
  return {
    method: 'POST',
    async answer(request, query) {
      if (!isLoopback(request.socket.remoteAddress))
        return { status: 403, body: 'drain is for this pod alone: ask from a loopback address\n' };
      // a web page that is open on the same machine can post to loopback as well, and says so
      if ('origin' in request.headers) return { status: 403, body: 'drain is not for browsers\n' };
      const exit = query.get('exit') === 'true';
      await onDrain({ exit });
      return { status: 200, type: JSON_TYPE, body: `${JSON.stringify({ drained: true, exit })}\n` };
    },
  };
}

const STOP_HOOK = /^\/prestop\/(?:([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)\/)?([A-Za-z0-9_-]{1,128})$/;

/** In constant time, whatever the lengths. */
function isEqual(a: string, b: string): boolean {
  const [left, right] = [a, b].map((each) => createHash('sha256').update(each).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}

function stopHookAt(path: string, hooks: StopHooks): Page | undefined {
  const [, container, key = ''] = STOP_HOOK.exec(path) ?? [];
  if (!isEqual(key, hooks.key)) return undefined;
  return {
    method: 'GET',
    async answer() {
      if (container === undefined) hooks.ownStop();
      else await hooks.hold(container);
      return { status: 200, body: 'ok\n' };
    },
  };
}

function pageAt(
  path: string,
  { registry, checks, status, onDrain, stopHooks }: AdminPages,
): Page | undefined {
  switch (path) {
    case '/metrics':
      return {
        method: 'GET',
        answer: async () => ({ status: 200, type: registry.contentType, body: await registry.metrics() }),
      };
    case '/livez':
      // that it answers is the answer: the event loop turns
      return { method: 'GET', answer: () => ({ status: 200, body: 'ok\n' }) };
    case '/readyz':
      return {
        method: 'GET',
        answer(_request, query) {
          const { ready, brief, verbose } = readiness(checks);
          return { status: ready ? 200 : 503, body: query.has('verbose') ? verbose : brief };
        },
      };
    case '/statusz':
      return {
        method: 'GET',
        answer: () => ({ status: 200, type: JSON_TYPE, body: `${JSON.stringify(status(), undefined, 2)}\n` }),
      };
    case '/drainz':
      return onDrain && drainPage(onDrain);
    default:
      return stopHooks && stopHookAt(path, stopHooks);
  }
}

/** Answers one request: 404 for an unknown path, 405 for a method that the page does not have. */
export async function answerTo(request: IncomingMessage, pages: AdminPages): Promise<Answer> {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  const page = pageAt(path, pages);
  if (page === undefined) return { status: 404, body: 'not found\n' };
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  if (method !== page.method)
    return {
      status: 405,
      body: 'method not allowed\n',
      headers: { allow: page.method === 'GET' ? 'GET, HEAD' : page.method },
    };
  return page.answer(request, new URLSearchParams(query));
}
