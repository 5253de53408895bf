import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { TokenReview } from 'kubernetes-types/authentication/v1.d.ts';
import type { ConfigMap, Pod } from 'kubernetes-types/core/v1.d.ts';
import type { KubeApi, WatchEvent } from '../../../src/foundation/kubernetes/api.ts';
import { connectKube } from '../../../src/foundation/kubernetes/client.ts';
import { CONFIG_MAPS, NODES, PODS, TOKEN_REVIEWS } from '../../../src/foundation/kubernetes/resources.ts';
import { type KubeServer, startKube } from '../../support/kube-api.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { waitFor } from '../../support/wait.ts';

const named = (name: string, namespace = 'a') => ({ metadata: { namespace, name } });
const code = (wanted: string) => (error: { code?: string }) => error.code === wanted;

describe('the Kubernetes client', () => {
  let kube: KubeServer;
  let api: KubeApi;
  before(async () => {
    kube = await startKube();
    api = kube.api;
  });
  after(() => kube.stop());

  it('creates, reads, replaces, patches and deletes', async () => {
    const made = await api.create<ConfigMap>(CONFIG_MAPS, { ...named('crud'), data: { a: '1' } });
    assert.deepEqual([made.apiVersion, made.kind, made.data], ['v1', 'ConfigMap', { a: '1' }]);
    const replaced = await api.update<ConfigMap>(CONFIG_MAPS, { ...made, data: { a: '2' } });
    await assert.rejects(api.update(CONFIG_MAPS, made), code('ABORTED'));
    await assert.rejects(api.create(CONFIG_MAPS, named('crud')), code('ALREADY_EXISTS'));
    assert.notEqual(replaced.metadata?.resourceVersion, made.metadata?.resourceVersion);

    const name = { namespace: 'a', name: 'crud' };
    await api.patch(CONFIG_MAPS, name, { type: 'merge', body: { data: { b: '3', a: null } } });
    await api.patch(CONFIG_MAPS, name, {
      type: 'json',
      body: [{ op: 'add', path: '/data/c', value: '4' }],
    });
    await api.patch(CONFIG_MAPS, name, { type: 'apply', body: { data: { d: '5' } }, fieldManager: 'test' });
    assert.deepEqual((await api.get<ConfigMap>(CONFIG_MAPS, name)).data, { b: '3', c: '4', d: '5' });
    await api.delete(CONFIG_MAPS, name);
    await assert.rejects(api.get(CONFIG_MAPS, name), code('NOT_FOUND'));
    await assert.rejects(api.update(CONFIG_MAPS, made), code('NOT_FOUND'));
  });

  it('applies what is not there yet, and does nothing in a dry run', async () => {
    const name = { namespace: 'a', name: 'applied' };
    const patch = { type: 'apply', body: { data: { a: '1' } }, fieldManager: 'test', force: true } as const;
    await api.patch(CONFIG_MAPS, name, patch, { dryRun: true });
    assert.equal(kube.find(CONFIG_MAPS, name), undefined);
    await api.patch(CONFIG_MAPS, name, patch);
    assert.equal(kube.find<ConfigMap>(CONFIG_MAPS, name)?.kind, 'ConfigMap');
    assert.equal(kube.requests.at(-1)?.query.get('force'), 'true');
  });

  it('writes a status apart from the rest', async () => {
    kube.put<Pod>(PODS, { ...named('status'), spec: { containers: [] }, status: { phase: 'Pending' } });
    const name = { namespace: 'a', name: 'status' };
    await api.patch<Pod>(
      PODS,
      name,
      { type: 'merge', body: { status: { phase: 'Running' }, spec: null } },
      { subresource: 'status' },
    );
    await api.patch<Pod>(PODS, name, { type: 'merge', body: { status: { phase: 'Failed' } } });
    const { spec, status } = await api.get<Pod>(PODS, name);
    assert.deepEqual([spec, status], [{ containers: [] }, { phase: 'Running' }]);
    await api.create(PODS, named('status'), { subresource: 'eviction' });
    assert.equal(kube.find(PODS, name), undefined);
  });

  it('lists more than a page, of one namespace or all, by labels and fields', async () => {
    for (let at = 0; at < 1_001; at++)
      kube.put(NODES, { metadata: { name: `n${at}`, labels: { odd: String(at % 2), zone: `z${at % 3}` } } });
    const { items } = await api.list(NODES, {});
    assert.equal(items.length, 1_001);
    assert.equal(items[0]?.kind, 'Node');
    const count = async (selection: object) => (await api.list(NODES, selection)).items.length;
    assert.equal(await count({ labelSelector: 'odd=1,zone in (z0,z1)' }), 334);
    assert.equal(await count({ labelSelector: '!odd' }), 0);
    assert.equal(await count({ fieldSelector: 'metadata.name=n7' }), 1);
    kube.put(CONFIG_MAPS, named('one', 'x'));
    kube.put(CONFIG_MAPS, named('one', 'y'));
    assert.equal((await api.list(CONFIG_MAPS, { namespace: 'x' })).items.length, 1);
    assert.ok((await api.list(CONFIG_MAPS, {})).items.length >= 2);
  });

  it('watches from a version on, until the server ends it', async () => {
    const { resourceVersion } = await api.list(PODS, { namespace: 'w' });
    kube.put<Pod>(PODS, { metadata: { namespace: 'w', name: 'p', labels: { app: 'a' } } });
    const seen: string[] = [];
    const options = { namespace: 'w', labelSelector: 'app=a', resourceVersion, timeoutSeconds: 60 };
    for await (const event of api.watch<Pod>(PODS, options, new AbortController().signal)) {
      if (event.type === 'BOOKMARK') {
        if (seen.length === 0) assert.equal(event.resourceVersion, resourceVersion);
        continue;
      }
      seen.push(`${event.type} ${event.object.metadata?.name}`);
      if (seen.length === 1) kube.put(PODS, { metadata: { namespace: 'w', name: 'p' } });
      if (seen.length === 2) kube.endWatches('clean');
    }
    assert.deepEqual(seen, ['ADDED p', 'DELETED p']);
  });

  it('lets a watch go when nobody reads on', async () => {
    const options = { resourceVersion: '', timeoutSeconds: 60 };
    const { resourceVersion } = await api.list(PODS, {});
    for await (const event of api.watch(
      PODS,
      { ...options, resourceVersion },
      new AbortController().signal,
    )) {
      assert.equal(event.type, 'BOOKMARK');
      break;
    }
    await waitFor(() => kube.watches() === 0);
  });

  const watchFrom = async (resourceVersion: string, signal: AbortSignal, fault?: () => void) => {
    const events: WatchEvent<Pod>[] = [];
    for await (const event of api.watch<Pod>(PODS, { resourceVersion, timeoutSeconds: 60 }, signal)) {
      events.push(event);
      fault?.();
    }
    return events;
  };

  it('says why a watch ends', async () => {
    const { resourceVersion } = await api.list(PODS, {});
    const { signal } = new AbortController();
    await assert.rejects(
      watchFrom(resourceVersion, signal, () => kube.compact()),
      code('OUT_OF_RANGE'),
    );
    await assert.rejects(watchFrom('1', signal), code('OUT_OF_RANGE'));
    const fresh = (await api.list(PODS, {})).resourceVersion;
    await assert.rejects(
      watchFrom(fresh, signal, () => kube.endWatches('cut')),
      code('UNAVAILABLE'),
    );
    const giving = new AbortController();
    await assert.rejects(
      watchFrom(fresh, giving.signal, () => giving.abort()),
      code('CANCELLED'),
    );
  });

  it('says what the API refuses', async () => {
    const answers = new Map([
      [401, 'UNAUTHENTICATED'],
      [403, 'PERMISSION_DENIED'],
      [422, 'INVALID_ARGUMENT'],
      [429, 'RESOURCE_EXHAUSTED'],
      [500, 'UNAVAILABLE'],
      [503, 'UNAVAILABLE'],
    ]);
    for (const [status, wanted] of answers) {
      const end = kube.refuse(() => ({ status, message: `because ${status}` }));
      await assert.rejects(api.list(PODS, {}), { code: wanted, message: `because ${status}` });
      end();
    }
    const end = kube.refuse(({ token }) => (token === 'poor' ? { status: 403 } : undefined));
    const poor = await kube.connect({ token: 'poor' });
    await assert.rejects(poor.list(PODS, {}), code('PERMISSION_DENIED'));
    await api.list(PODS, {});
    end();
  });

  it('gives up in time, when told, and when nobody is there', async () => {
    const hasty = await kube.connect({ timeoutMs: 50 });
    kube.delayMs = 500;
    await assert.rejects(hasty.get(PODS, { namespace: 'a', name: 'x' }), code('DEADLINE_EXCEEDED'));
    await assert.rejects(watchOnce(hasty), code('DEADLINE_EXCEEDED'));
    await assert.rejects(api.version(AbortSignal.abort()), code('CANCELLED'));
    kube.delayMs = 0;
    await kube.down();
    await assert.rejects(api.version(), code('UNAVAILABLE'));
    await kube.up();
    assert.equal((await api.version()).gitVersion, 'v1.34.4');
  });

  it('asks whose a token is', async () => {
    kube.reviews.token = ({ token }) => ({ authenticated: token === 'good', user: { username: 'pod' } });
    const review = await api.create<TokenReview>(TOKEN_REVIEWS, { spec: { token: 'good' } });
    assert.equal(review.status?.authenticated, true);
  });

  it('reads credentials anew when they were refused', async () => {
    const path = kube.kubeconfig('old');
    const end = kube.refuse(({ token }) => (token === 'old' ? { status: 401 } : undefined));
    const rotating = await connectKube({ kubeconfig: path });
    await assert.rejects(rotating.version(), code('UNAUTHENTICATED'));
    writeFileSync(path, JSON.stringify(JSON.parse(configText(kube, 'new'))));
    await rotating.version();
    end();
  });

  it('needs an address', async () => {
    const path = join(tmpdir(), `no-cluster-${process.pid}.yaml`);
    writeFileSync(path, '{}');
    await assert.rejects(connectKube({ kubeconfig: path }), code('CONFIG_INVALID'));
    rmSync(path);
    await assert.rejects(connectKube({ kubeconfig: '/nowhere' }), code('CONFIG_INVALID'));
    await assert.rejects(connectKube({}), code('CONFIG_INVALID'));
  });
});

async function watchOnce(api: KubeApi): Promise<void> {
  const { signal } = new AbortController();
  for await (const _ of api.watch(PODS, { resourceVersion: '0', timeoutSeconds: 1 }, signal)) return;
}

function configText(kube: KubeServer, token: string): string {
  return JSON.stringify({
    clusters: [{ name: 'c', cluster: { server: kube.url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });
}

describe('a server that is not Kubernetes', () => {
  it('is an error, not a crash', async () => {
    const path = join(tmpdir(), `proxy-${process.pid}.yaml`);
    const server = createServer((request, response) => {
      if (request.url?.includes('watch=true')) response.end('nonsense\n');
      else response.writeHead(request.url === '/version' ? 200 : 502).end('<html>');
    }).listen(0, '127.0.0.1');
    await waitFor(() => server.listening);
    const { port } = server.address() as { port: number };
    writeFileSync(path, configText({ url: `http://127.0.0.1:${port}` } as KubeServer, 't'));
    const api = await connectKube({ kubeconfig: path });
    await assert.rejects(api.version(), code('MALFORMED'));
    await assert.rejects(api.list(PODS, {}), code('UNAVAILABLE'));
    const read = async () => {
      const { signal } = new AbortController();
      for await (const _ of api.watch(PODS, { resourceVersion: '0', timeoutSeconds: 1 }, signal)) continue;
    };
    await assert.rejects(read(), code('MALFORMED'));
    rmSync(path);
    server.close();
    server.closeAllConnections();
  });
});

failOnLeaks();
