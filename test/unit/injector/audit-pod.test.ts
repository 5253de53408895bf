import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Container, Pod } from 'kubernetes-types/core/v1.d.ts';
import { auditPod } from '../../../src/injector/injection/audit-pod.ts';
import { transform } from '../../../src/injector/injection/transform.ts';
import { context, where } from '../../support/injection.ts';

const POD: Pod = { metadata: { name: 'mask-1' }, spec: { containers: [{ name: 'app' }] } };
const WANTED = { version: '1.2.3', image: 'conveyor-sidecar:dev' };
const injected = (): Pod => structuredClone(transform(POD, where(), context()).pod);
const sidecarOf = (pod: Pod): Container => pod.spec!.initContainers![0]!;
const found = (pod: Pod, wanted = WANTED): string | undefined => {
  const finding = auditPod(pod, where(), wanted);
  return finding && `${finding.state} ${finding.reason}`;
};

describe('an audit of a pod', () => {
  it('has nothing to say of one that is as it was injected', () => {
    assert.equal(found(injected()), undefined);
  });

  it('passes over what others add or set for good reasons', () => {
    const pod = injected();
    const sidecar = sidecarOf(pod);
    sidecar.resources = { limits: { cpu: '1' } };
    sidecar.imagePullPolicy = 'Always';
    sidecar.readinessProbe = { httpGet: { path: '/mesh', port: 15_020 } };
    sidecar.env = [{ name: 'AWS_REGION', value: 'x' }, ...sidecar.env!];
    sidecar.volumeMounts!.push({ name: 'other', mountPath: '/other' });
    pod.spec!.volumes!.unshift({ name: 'other', emptyDir: {} });
    assert.equal(found(pod), undefined);
  });

  for (const [what, change] of [
    ['its image', (pod: Pod) => (sidecarOf(pod).image = 'other')],
    ['the restart policy that makes it native', (pod: Pod) => delete sidecarOf(pod).restartPolicy],
    [
      'a variable',
      (pod: Pod) => (sidecarOf(pod).env!.find(({ name }) => name === 'CLUSTER_ENDPOINT')!.value = 'x'),
    ],
    ['a token', (pod: Pod) => pod.spec!.volumes!.pop()],
    ['its rights', (pod: Pod) => (sidecarOf(pod).securityContext!.runAsUser = 0)],
  ] as const)
    it(`finds that somebody changed ${what}`, () => {
      const pod = injected();
      change(pod);
      assert.equal(found(pod), 'altered changed');
    });

  it('finds what is outdated, but for an image that the pod asked for', () => {
    assert.equal(found(injected(), { ...WANTED, version: '2.0.0' }), 'outdated version');
    assert.equal(found(injected(), { ...WANTED, image: 'conveyor-sidecar:2' }), 'outdated image');
    assert.equal(found(injected(), { ...WANTED, image: '' }), undefined);
    const own = { ...POD, metadata: { annotations: { 'conveyor.etl/image': 'mine' } } };
    assert.equal(found(transform(own, where(), context()).pod), undefined);
  });

  it('finds who is missing it, who can not have it, and nobody else', () => {
    assert.equal(found(POD), 'missing not_injected');
    assert.equal(found({ ...POD, spec: { ...POD.spec!, hostNetwork: true } }), 'exempt host_network');
    assert.equal(auditPod(POD, where({ namespaceLabel: undefined }), WANTED), undefined);
    const out = { ...POD, metadata: { labels: { 'conveyor.etl/inject': 'disabled' } } };
    assert.equal(found(out), undefined);
  });

  it('names what made the pod', () => {
    const ownerReferences = [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'mask', uid: 'u', controller: true },
    ];
    const pod = { ...POD, metadata: { ...POD.metadata, ownerReferences } };
    assert.equal(auditPod(pod, where(), WANTED)?.owner, 'ReplicaSet/mask');
  });

  it('says so when the annotation is unreadable', () => {
    const pod = injected();
    pod.metadata!.annotations!['conveyor.etl/injected'] = 'yes';
    assert.equal(found(pod), 'altered unreadable');
  });
});
