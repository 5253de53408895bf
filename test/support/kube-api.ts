import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { KubeApi, KubeObject, ObjectName, Resource } from '../../src/foundation/kubernetes/api.ts';
import { connectKube } from '../../src/foundation/kubernetes/client.ts';
import {
  handle,
  type KubeRequestSeen,
  type Reviews,
  selects,
  type Target,
  targetOf,
} from './kube-answers.ts';
import { type Change, createStore, type Place, Refusal, type Stored } from './kube-store.ts';

export type { KubeRequestSeen } from './kube-answers.ts';

/** What a rule answers a request with. */
export interface KubeAnswer {
  readonly status: number;
  readonly reason?: string;
  readonly message?: string;
}

/** The Kubernetes API of a test: real HTTP, any kind of object, and faults at will. */
export interface KubeServer {
  readonly url: string;
  /** A client with the token `admin`. */
  readonly api: KubeApi;
  /** Another client. @param options its token, and how long a call may take. */
  connect(options?: { readonly token?: string; readonly timeoutMs?: number }): Promise<KubeApi>;
  /** The path of a kubeconfig. @param token of the user; `admin` unless told. */
  kubeconfig(token?: string): string;
  /** Every request until now, the refused ones too. */
  readonly requests: readonly KubeRequestSeen[];

  /** Stores an object as it is, status and all, whatever is there. */
  put<T extends KubeObject>(resource: Resource, object: T): T;
  remove(resource: Resource, name: ObjectName): void;
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as KubeApi.get: the caller knows
  find<T extends KubeObject>(resource: Resource, name: ObjectName): T | undefined;
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as KubeApi.list
  all<T extends KubeObject>(resource: Resource): readonly T[];

  /** What TokenReview and SubjectAccessReview say; set the functions. */
  readonly reviews: Reviews;
  /** Requests that the rule answers are refused. Returns what ends it. */
  refuse(rule: (request: KubeRequestSeen) => KubeAnswer | undefined): () => void;
  /** Every answer waits so long. */
  delayMs: number;
  /** No byte of a watch any more, connections stay; events of that time are sent when it is over. */
  silent: boolean;
  /** Events are lost while bookmarks go on: the watch lies. */
  lying: boolean;
  /** How many watches are open. */
  watches(): number;
  /** Breaks all watches (a connection that is reset), or ends them as the server does at their time. */
  endWatches(how: 'cut' | 'clean'): void;
  /** All watches are told 410, and changes until now are forgotten: only a list helps. */
  compact(): void;
  /** Nobody listens any more, connections are cut; what is stored stays. */
  down(): Promise<void>;
  /** Listens again, at the same port. */
  up(): Promise<void>;
  stop(): Promise<void>;
}

interface OpenWatch {
  send(change: Change): void;
  bookmark(): void;
  end(how: 'cut' | 'clean' | 'gone'): void;
}

const collectionOf = ({ group, version, plural }: Resource): string => `${group}/${version}/${plural}`;

/** Starts it at a free port of the loopback interface. @param options how often watches get a bookmark: 100 ms. */
export async function startKube({ bookmarkMs = 100 } = {}): Promise<KubeServer> {
  const folder = mkdtempSync(join(tmpdir(), 'kube-'));
  const requests: KubeRequestSeen[] = [];
  const rules = new Set<(request: KubeRequestSeen) => KubeAnswer | undefined>();
  const watches = new Set<OpenWatch>();
  const faults = { delayMs: 0, silent: false, lying: false };
  const reviews: Reviews = {
    token: () => ({ authenticated: false }),
    access: () => ({ allowed: true }),
  };
  const store = createStore((change) => {
    if (!faults.lying) for (const watch of watches) watch.send(change);
  });

  const openWatch = (request: KubeRequestSeen, target: Target, response: ServerResponse): void => {
    // its close has been told already to whoever listened
    if (response.destroyed) return;
    const { query } = request;
    const held: string[] = [];
    const write = (type: string, object: object): void => {
      held.push(`${JSON.stringify({ type, object })}\n`);
      if (!faults.silent) for (const line of held.splice(0)) response.write(line);
    };
    const watch: OpenWatch = {
      send({ type, collection, object, before }) {
        if (collection !== target.collection) return;
        const [was, is] = [before, object].map((one) => selects(query, target.namespace, one));
        if (type === 'DELETED' ? was : was && !is) write('DELETED', object);
        else if (type !== 'DELETED' && is) write(was ? 'MODIFIED' : 'ADDED', object);
      },
      bookmark: () => write('BOOKMARK', { metadata: { resourceVersion: String(store.version) } }),
      end(how) {
        watches.delete(watch);
        if (how === 'gone')
          write('ERROR', { code: 410, reason: 'Expired', message: 'too old resource version' });
        if (how === 'cut') response.destroy();
        else response.end();
      },
    };
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    const changes = store.since(Number(query.get('resourceVersion')));
    if (changes === undefined) {
      watch.end('gone');
      return;
    }
    for (const change of changes) watch.send(change);
    watches.add(watch);
    const timer = setTimeout(() => watch.end('clean'), Number(query.get('timeoutSeconds') ?? 1_800) * 1_000);
    response.on('close', () => {
      clearTimeout(timer);
      watches.delete(watch);
    });
  };

  const answer = (seen: KubeRequestSeen, type: string, response: ServerResponse): void => {
    const refused = [...rules].map((rule) => rule(seen)).find((one) => one !== undefined);
    if (refused !== undefined)
      throw new Refusal(refused.status, refused.reason ?? '', refused.message ?? 'refused by the test');
    const target = targetOf(seen.path);
    if (seen.path === '/version') {
      reply(response, 200, { major: '1', minor: '34', gitVersion: 'v1.34.4' });
      return;
    }
    if (target === undefined) throw new Refusal(404, 'NotFound', `no such path: ${seen.path}`);
    if (seen.query.get('watch') === 'true') openWatch(seen, target, response);
    else reply(response, ...handle({ store, reviews, seen, target, type }));
  };

  const server = createServer((request, response) => {
    void (async () => {
      try {
        const seen = await readRequest(request);
        requests.push(seen);
        if (faults.delayMs > 0) await delay(faults.delayMs);
        answer(seen, request.headers['content-type'] ?? '', response);
      } catch (error) {
        const refusal = error instanceof Refusal ? error : new Refusal(500, 'InternalError', String(error));
        const { httpStatus: code, reason, message } = refusal;
        reply(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message });
      }
    })();
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', () => {
        server.removeListener('error', reject);
        resolve();
      });
    });
  const down = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });

  await listen(0);
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const bookmarks = setInterval(() => {
    for (const watch of watches) if (!faults.silent) watch.bookmark();
  }, bookmarkMs);
  const kubeconfig = (token = 'admin'): string => {
    const path = join(folder, `${token}.yaml`);
    writeFileSync(path, JSON.stringify(configOf(url, token)));
    return path;
  };
  const placeOf = (resource: Resource, { namespace, name }: ObjectName): Place => ({
    collection: collectionOf(resource),
    namespace: resource.namespaced ? namespace : undefined,
    name,
  });

  const controls: Omit<KubeServer, 'api' | keyof typeof faults> = {
    ...{ url, requests, reviews, kubeconfig, down, up: () => listen(port) },
    connect: ({ token, timeoutMs = 5_000 } = {}) => connectKube({ kubeconfig: kubeconfig(token), timeoutMs }),
    put(resource, object) {
      const { name = '', namespace } = object.metadata ?? {};
      const place = placeOf(resource, { name, ...(namespace === undefined ? {} : { namespace }) });
      const { group, version, kind } = resource;
      const apiVersion = group === '' ? version : `${group}/${version}`;
      return store.put(place, { apiVersion, kind, ...object } as Stored) as unknown as typeof object;
    },
    remove: (resource, name) => void store.remove(placeOf(resource, name)),
    find: (resource, name) => store.get(placeOf(resource, name)) as never,
    all: (resource) => store.list(collectionOf(resource)) as never[],
    refuse(rule) {
      rules.add(rule);
      return () => rules.delete(rule);
    },
    watches: () => watches.size,
    endWatches(how) {
      for (const watch of watches) watch.end(how);
    },
    compact() {
      store.compact();
      for (const watch of watches) watch.end('gone');
    },
    async stop() {
      clearInterval(bookmarks);
      rmSync(folder, { recursive: true, force: true });
      await down();
    },
  };
  return Object.assign(faults, { ...controls, api: await controls.connect() });
}

function configOf(url: string, token: string): object {
  return {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'test' },
    clusters: [{ name: 'test', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: token, user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: token } }],
  };
}

async function readRequest(request: IncomingMessage): Promise<KubeRequestSeen> {
  const url = new URL(request.url ?? '', 'http://test');
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    token: (request.headers.authorization ?? '').replace('Bearer ', ''),
    body: text === '' ? undefined : (JSON.parse(text) as Stored),
  };
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
