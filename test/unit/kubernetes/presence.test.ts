import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inCluster } from '../../../src/foundation/kubernetes/settings.ts';

describe('a program', () => {
  for (const [kubernetes, kubeconfigFile, kubernetesHost, expected] of [
    ['on', '', '', true],
    ['off', 'file', '10.0.0.1', false],
    ['auto', '', '', false],
    ['auto', 'file', '', true],
    ['auto', '', '10.0.0.1', true],
  ] as const)
    it(`is ${expected ? '' : 'not '}in a cluster: ${kubernetes} "${kubeconfigFile}" "${kubernetesHost}"`, () =>
      assert.equal(inCluster({ kubernetes, kubeconfigFile, kubernetesHost }), expected));
});
