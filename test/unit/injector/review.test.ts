import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import { applyPatch, type Operation } from 'rfc6902';
import { transform, type Transformed } from '../../../src/injector/injection/transform.ts';
import { eventOf } from '../../../src/injector/webhook/events.ts';
import { type Outcome, review } from '../../../src/injector/webhook/review.ts';
import { context, where } from '../../support/injection.ts';

interface Response {
  readonly uid: string;
  readonly allowed: boolean;
  readonly patchType?: string;
  readonly patch?: string;
  readonly warnings?: readonly string[];
  readonly auditAnnotations: Readonly<Record<string, string>>;
}

const POD: Pod = {
  metadata: {
    generateName: 'mask-',
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'mask', uid: 'u', controller: true },
    ],
  },
  spec: { containers: [{ name: 'app' }] },
};
const inject = (pod: Pod, namespace: string): Transformed => transform(pod, where({ namespace }), context());

function ask(
  changes: object = {},
  how: (pod: Pod, namespace: string) => Transformed = inject,
): { outcome: Outcome; response: Response } {
  const request = {
    ...{ uid: '42', kind: { group: '', version: 'v1', kind: 'Pod' }, operation: 'CREATE', namespace: 'prod' },
    ...{ object: POD, ...changes },
  };
  const { outcome, body } = review(
    { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request },
    how,
  );
  return { outcome, response: (body as { response: Response }).response };
}

describe('a review of an admission', () => {
  it('is answered by its uid with a patch that injects, and an Event on the owner', () => {
    const { outcome, response } = ask();
    assert.deepEqual([response.uid, response.allowed, response.patchType], ['42', true, 'JSONPatch']);
    const pod = structuredClone(POD);
    applyPatch(pod, JSON.parse(Buffer.from(response.patch!, 'base64').toString()) as Operation[]);
    assert.equal(pod.spec?.initContainers?.[0]?.name, 'conveyor-sidecar');
    assert.deepEqual(response.auditAnnotations, { decision: 'injected' });
    const { regarding, type, reason } = eventOf(outcome)!;
    assert.deepEqual(
      [regarding.kind, regarding.namespace, type, reason],
      ['ReplicaSet', 'prod', 'Normal', 'SidecarInjected'],
    );
  });

  it('warns whoever cannot have the sidecar that was asked for', () => {
    const { outcome, response } = ask({ object: { ...POD, spec: { ...POD.spec, hostNetwork: true } } });
    assert.deepEqual([response.allowed, response.patch], [true, undefined]);
    assert.match(response.warnings![0]!, /^conveyor: no sidecar: it is on the host's network/);
    assert.equal(eventOf(outcome)?.reason, 'SidecarNotOnHostNetwork');
  });

  it('says nothing of whom it leaves alone', () => {
    const system = ask({ namespace: 'kube-system' });
    assert.equal(system.outcome.reason, 'system_namespace');
    const { outcome, response } = ask({ kind: { kind: 'Deployment' } });
    assert.equal(outcome.reason, 'not_a_pod');
    for (const each of [system, { outcome, response }])
      assert.deepEqual(
        [each.response.allowed, each.response.warnings, eventOf(each.outcome)],
        [true, undefined, undefined],
      );
  });

  it('leaves no trace of a dry run', () => {
    const { outcome, response } = ask({ dryRun: true });
    assert.ok(response.patch !== undefined);
    assert.equal(eventOf(outcome), undefined);
  });

  it('admits the pod with a warning when the injector fails', () => {
    const { outcome, response } = ask({}, () => {
      throw new TypeError('a defect');
    });
    assert.deepEqual([response.allowed, response.patch, outcome.decision], [true, undefined, 'error']);
    assert.deepEqual(response.warnings, [
      'conveyor: the injector failed, the pod starts without a sidecar: a defect',
    ]);
  });

  it('survives a pod of any shape', () => {
    for (const object of [null, 7, {}, { spec: null }, { spec: { containers: 'x' } }])
      assert.equal(ask({ object }).response.allowed, true);
  });

  it('keeps warnings within what the API server passes on', () => {
    const annotations = {
      'conveyor.etl/service-names': 'x'.repeat(1_000),
      [`conveyor.etl/${'y'.repeat(300)}`]: '',
    };
    const { response } = ask({ object: { ...POD, metadata: { ...POD.metadata, annotations } } });
    assert.ok(response.warnings!.length === 2 && response.warnings!.every(({ length }) => length <= 256));
  });

  it('refuses what is no review', () => {
    for (const body of [undefined, null, 7, {}, { request: {} }, { request: { uid: '' } }])
      assert.throws(() => review(body, inject), { code: 'MALFORMED' });
  });
});
