import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import type { Pod, Secret } from 'kubernetes-types/core/v1.d.ts';
import { KEYS } from '../../../src/foundation/kubernetes/annotations.ts';
import { PODS, SECRETS } from '../../../src/foundation/kubernetes/resources.ts';
import { CUSTOM_RESOURCES } from '../../../src/router/pipelines/kinds.ts';
import { tlsCredentials } from '../../../src/sidecar/cluster-client/link/credentials.ts';
import { testCertificates } from '../../support/certificates.ts';
import { useKeep } from '../../support/keep.ts';
import { startKube } from '../../support/kube-api.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { recordLog } from '../../support/log.ts';
import { waitFor } from '../../support/wait.ts';
import { service, startHarness } from '../cluster-client/harness.ts';
import {
  caller,
  type Caller,
  type CallerOptions,
  type Ground,
  type Replica,
  reviewed,
  startReplica,
  SYSTEM,
} from './replica.ts';

const SLOW = { timeoutMs: 30_000 };

describe('routers in a cluster', () => {
  failOnLeaks();
  const keep = useKeep();
  const ground = async (): Promise<Ground> => {
    const kube = keep(await startKube());
    kube.reviews.token = reviewed;
    return { kube, certificates: keep(testCertificates()) };
  };
  const replica = async (on: Ground, pod: string, env: Record<string, string> = {}): Promise<Replica> =>
    keep(await startReplica(on, pod, env));
  const leader = async (on: Ground, env: Record<string, string> = {}): Promise<Replica> => {
    const started = await replica(on, 'router-0', env);
    await waitFor(() => started.leads(), SLOW);
    return started;
  };
  const as = (at: Replica, { certificates }: Ground, options: CallerOptions = {}): Caller =>
    keep(caller(at, certificates, options));
  const labelled = ({ kube }: Ground): string[] =>
    kube
      .all<Pod>(PODS)
      .flatMap(({ metadata }) => (metadata?.labels?.[KEYS.leader] === 'true' ? [metadata.name ?? ''] : []));

  it('have one leader, whose pod alone has the label, and another when it goes', async () => {
    const on = await ground();
    on.kube.put(PODS, { metadata: { namespace: SYSTEM, name: 'killed', labels: { [KEYS.leader]: 'true' } } });
    const [one, two] = [await replica(on, 'router-0'), await replica(on, 'router-1')];
    await waitFor(() => one.leads() || two.leads(), SLOW);
    const [first, second] = one.leads() ? [one, two] : [two, one];
    await waitFor(() => labelled(on).join() === first.pod, { ...SLOW, what: () => labelled(on).join() });
    await assert.rejects(as(second, on).list(), {
      code: 'UNAVAILABLE',
      message: `not the leader: ${first.pod} leads`,
    });
    await first.stop();
    await waitFor(() => second.leads(), SLOW);
    await waitFor(() => labelled(on).join() === second.pod, SLOW);
    assert.deepEqual(await as(second, on).list(), []);

    // by hand, and on a pod of somebody else
    const put = (name: string, labels: Record<string, string>): unknown =>
      on.kube.put(PODS, { metadata: { namespace: SYSTEM, name, labels } });
    put(second.pod, {});
    put('stranger', { [KEYS.leader]: 'true' });
    await waitFor(() => labelled(on).join() === second.pod, { ...SLOW, what: () => labelled(on).join() });
  });

  it('know a sidecar by its token, and bind id, namespace and pod to it', async () => {
    const on = await ground();
    const at = await leader(on);
    const a = as(at, on, { token: 'pod:shop/a' });
    const { registrationId, success } = await a.register('shop/a');
    assert.equal(success, true);
    for (let beats = 0; beats < 5; beats++)
      assert.equal((await a.heartbeat('shop/a', registrationId)).acknowledged, true);
    const reviews = on.kube.requests.filter(({ path }) => path.endsWith('/tokenreviews'));
    assert.equal(reviews.length, 1, 'a verdict is kept');

    const denied = (message: RegExp) => ({ code: 'PERMISSION_DENIED', message });
    await assert.rejects(
      a.register('shop/b'),
      denied(/sidecar_id is shop\/b, the token is that of pod shop\/a/),
    );
    await assert.rejects(a.heartbeat('shop/b'), denied(/sidecar_id/));
    await assert.rejects(a.register('shop/a', { namespace: 'bank' }), denied(/namespace is bank/));
    await assert.rejects(a.register('shop/a', { podName: 'b' }), denied(/pod_name is b/));
    await assert.rejects(as(at, on, { token: 'user:eve' }).register('shop/a'), denied(/bound to no pod/));
    await assert.rejects(as(at, on, { token: 'forged' }).register('shop/a'), {
      code: 'UNAUTHENTICATED',
      message: /the signature is wrong/,
    });
    await assert.rejects(as(at, on, { token: 'pod:shop/a', plain: true }).register('shop/a'), {
      code: 'UNAUTHENTICATED',
      message: /by TLS alone, on port/,
    });
  });

  it('serve the certificate of a Secret from the moment that it is there, and keep it when it is spoilt', async () => {
    const on = await ground();
    const of = { TLS_CERT_FILE: '', TLS_KEY_FILE: '', TLS_SECRET: 'conveyor-router-tls' };
    const at = await leader(on, of);
    await assert.rejects(as(at, on).list(), { code: 'UNAVAILABLE' });
    const put = (key: string): void => {
      const metadata = { namespace: SYSTEM, name: of.TLS_SECRET };
      const data = { 'tls.crt': readFileSync(on.certificates.certFile, 'base64'), 'tls.key': key };
      on.kube.put<Secret>(SECRETS, { metadata, data });
    };
    put(readFileSync(on.certificates.keyFile, 'base64'));
    await waitFor(() => at.lines.some(({ message }) => message === 'certificate read'), SLOW);
    assert.deepEqual(await as(at, on).list(), []);
    put('');
    await waitFor(() => at.lines.some(({ fields }) => fields['held'] === true), SLOW);
    assert.deepEqual(await as(at, on).list(), []);
  });

  it('take a sidecar without a token, but never in place of one that has it', async () => {
    const on = await ground();
    const at = await leader(on);
    const stranger = as(at, on, { plain: true });
    assert.equal((await stranger.register('seed')).success, true);
    assert.equal(
      (await stranger.register('shop/a', { sidecarEndpoint: '10.0.0.9:1' })).success,
      true,
      'first come',
    );

    const owner = as(at, on, { token: 'pod:shop/a' });
    const { registrationId, success } = await owner.register('shop/a', {
      instance: 'real',
      sidecarEndpoint: '10.0.0.2:9091',
    });
    assert.equal(success, true, 'its token says whose the id is');
    assert.equal((await stranger.heartbeat('shop/a', registrationId)).acknowledged, false);
    const again = await stranger.register('shop/a', { instance: 'real' });
    assert.match(again.error, /^SIDECAR_ID_IN_USE/);
    const beside = await stranger.register('other', { sidecarEndpoint: '10.0.0.2:9091' });
    assert.match(beside.error, /^ENDPOINT_IN_USE/);
    assert.equal((await owner.heartbeat('shop/a', registrationId)).acknowledged, true);
  });

  it('refuse those without where they are told to, and keep good verdicts while reviews fail', async () => {
    const on = await ground();
    const at = await leader(on, { SIDECAR_AUTH: 'required' });
    await assert.rejects(as(at, on).register('seed'), { code: 'UNAUTHENTICATED', message: /needs a token/ });
    const a = as(at, on, { token: 'pod:shop/a' });
    const { registrationId } = await a.register('shop/a');
    on.kube.refuse(({ path }) => (path.endsWith('/tokenreviews') ? { status: 503 } : undefined));
    assert.equal((await a.heartbeat('shop/a', registrationId)).acknowledged, true);
    await assert.rejects(as(at, on, { token: 'pod:shop/b' }).register('shop/b'), {
      code: 'UNAVAILABLE',
      message: /cannot be reviewed now/,
    });
  });

  it('let those change pipelines who may change the resources, and everybody read', async () => {
    const on = await ground();
    const at = await leader(on);
    on.kube.reviews.access = ({ user, resourceAttributes }) => ({
      allowed: user === 'ann',
      reason: JSON.stringify(resourceAttributes),
    });
    await assert.rejects(as(at, on).createPipeline('shop/p'), {
      code: 'UNAUTHENTICATED',
      message: /kubectl/,
    });
    await assert.rejects(as(at, on, { token: 'user:bob' }).createPipeline('shop/p'), {
      code: 'PERMISSION_DENIED',
      message:
        /^bob may not create pipelines in shop: .*"resource":"pipelines","verb":"create","namespace":"shop"/,
    });
    const { success, error } = await as(at, on, { token: 'user:ann' }).createPipeline('shop/p');
    assert.deepEqual([success, error], [true, '']);
    assert.ok(on.kube.find(CUSTOM_RESOURCES.Pipeline, { namespace: 'shop', name: 'p' }));
    assert.deepEqual(await as(at, on, { plain: true }).list(), ['shop/p']);
  });

  it('write on the pod behind an endpoint whether records are sent there, and what is in flight', async () => {
    const on = await ground();
    const gate = { readinessGates: [{ conditionType: KEYS.routing }] };
    const pod = (name: string, ip: string, spec: object = gate): void => {
      on.kube.put(PODS, {
        metadata: { namespace: 'shop', name, uid: `uid of ${name}` },
        spec,
        status: { podIP: ip },
      });
    };
    pod('a', '');
    pod('b', '10.0.0.2');
    pod('c', '10.0.0.3', {});
    // by a leader of earlier, for a sidecar that has not come to this one
    on.kube.put(PODS, {
      metadata: { namespace: 'shop', name: 'left', uid: 'uid of left' },
      spec: gate,
      status: {
        ...{ phase: 'Running', podIP: '10.0.0.4' },
        conditions: [{ type: KEYS.routing, status: 'True', reason: 'Registered' }],
      },
    });
    const at = await leader(on, { POD_DELETION_COST: 'true' });
    const stranger = as(at, on, { plain: true });
    const { registrationId } = await stranger.register('shop/a', { instance: 'a' });
    await stranger.register('shop/b', { sidecarEndpoint: '10.0.0.66:9091', instance: 'b' });
    await stranger.register('shop/c', { sidecarEndpoint: '10.0.0.3:9091', instance: 'c' });
    for (const id of ['shop/b', 'shop/c']) await stranger.heartbeat(id, '', { load: { localQueueDepth: 7 } });
    await waitFor(() => on.kube.requests.some(({ path }) => path.endsWith('/shop/pods/a')), SLOW);
    pod('a', '10.0.0.1');
    const state = (name: string): string | undefined => {
      const found = on.kube.find<Pod>(PODS, { namespace: 'shop', name });
      const condition = found?.status?.conditions?.find(({ type }) => type === KEYS.routing);
      return condition && `${condition.status} ${condition.reason ?? ''}`;
    };
    await waitFor(() => state('a') === 'True Registered', SLOW);
    const cost = (name: string): string | undefined =>
      on.kube.find<Pod>(PODS, { namespace: 'shop', name })?.metadata?.annotations?.[
        'controller.kubernetes.io/pod-deletion-cost'
      ];
    await waitFor(() => cost('c') === '7', SLOW);
    await stranger.heartbeat('shop/a', registrationId, { draining: true });
    await waitFor(() => state('a') === 'False Draining', SLOW);
    await waitFor(() => state('left') === 'False Gone', SLOW);
    assert.deepEqual([state('b'), cost('b')], [undefined, undefined], 'another pod is at that endpoint');
    assert.equal(state('c'), undefined, 'it has no such gate');
    const reads = (): number => on.kube.requests.filter(({ path }) => path.endsWith('/shop/pods/a')).length;
    assert.ok(reads() < 10, 'a look at everybody costs no request');
  });

  it('are followed by a session from one to the next, by TLS and through a rotation, with no route lost', async () => {
    const on = await ground();
    on.kube.put(CUSTOM_RESOURCES.Pipeline, {
      metadata: { namespace: 'shop', name: 'p', uid: 'p', generation: 1 },
      spec: { source: 'src', steps: [], sink: 'store' },
    });
    const [one, two] = [await replica(on, 'router-0'), await replica(on, 'router-1')];
    const tokenFile = join(dirname(on.certificates.caFile), 'token');
    writeFileSync(tokenFile, 'pod:shop/a\n');
    const identity = {
      sidecarId: 'shop/a',
      podName: 'a',
      namespace: 'shop',
      labels: {},
      version: '1',
      instance: 'a',
    };
    const sidecar = keep(
      await startHarness({
        addresses: [`localhost:${one.tlsPort}`, `localhost:${two.tlsPort}`],
        identity,
        pod: [service('store', { type: 'sink' })],
        credentials: tlsCredentials({ ...on.certificates, tokenFile, logger: recordLog() }),
      }),
    );
    await waitFor(() => sidecar.running().join() === 'shop/p', SLOW);
    const first = one.leads() ? one : two;
    on.certificates.rotate();
    const reads = ({ lines }: Replica): number =>
      lines.filter(({ message }) => message === 'certificate read').length;
    await waitFor(() => reads(one) === 2 && reads(two) === 2, SLOW);
    assert.equal(sidecar.client.state().kind, 'registered', 'connections that are there stay');
    const calls = sidecar.calls.length;
    await first.stop();
    const address = `localhost:${(first === one ? two : one).tlsPort}`;
    const there = (): boolean => {
      const { state, address: at, settling } = sidecar.client.snapshot();
      return state === 'registered' && at === address && !settling;
    };
    await waitFor(there, { ...SLOW, what: () => JSON.stringify(sidecar.client.snapshot()) });
    const emptied = sidecar.calls
      .slice(calls)
      .filter((call) => call.kind === 'assign' && call.ids.length === 0);
    assert.deepEqual(emptied, []);
    assert.deepEqual(sidecar.running(), ['shop/p']);
  });
});
