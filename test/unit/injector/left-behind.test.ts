import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import { fingerprint, injectedOf } from '../../../src/injector/injection/fingerprint.ts';
import { transform } from '../../../src/injector/injection/transform.ts';
import { context, HOOK_KEY, where } from '../../support/injection.ts';

const POD: Pod = {
  metadata: { name: 'p', annotations: { 'conveyor.etl/readiness': 'gate' } },
  spec: { containers: [{ name: 'app' }], volumes: [{ name: 'data', emptyDir: {} }] },
};

describe('a pod that lost its sidecar to a later webhook, and nothing else', () => {
  for (const native of [true, false])
    it(`is what it was after it is injected again, ${native ? 'native' : 'plain'}`, () => {
      const injected = transform(POD, where(), context({ native }));
      const { initContainers: _, ...spec } = injected.pod.spec!;
      const containers = spec.containers.filter(({ name }) => name === 'app');
      const robbed: Pod = { ...injected.pod, spec: { ...spec, containers } };
      const again = transform(robbed, where(), context({ native, newHookKey: () => 'f'.repeat(32) }));
      assert.equal(again.decision.inject, true);
      assert.deepEqual(again.warnings, []);
      assert.deepEqual(again.pod, injected.pod);
      assert.equal(injectedOf(again.pod)?.hash, fingerprint(again.pod));
      assert.match(
        again.pod.spec?.containers[0]?.lifecycle?.preStop?.httpGet?.path ?? '',
        new RegExp(HOOK_KEY),
      );
    });

  it('is left alone where a volume of that name is another', () => {
    const volumes = [{ name: 'conveyor-ca', emptyDir: {} }];
    const { decision } = transform({ ...POD, spec: { ...POD.spec!, volumes } }, where(), context());
    assert.equal(!decision.inject && decision.reason, 'volume_exists');
  });
});
