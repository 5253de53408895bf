import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decide } from '../../../src/injector/injection/decide.ts';
import { runsNativeSidecars } from '../../../src/injector/webhook/native-support.ts';
import { where } from '../../support/injection.ts';

const spec = { containers: [{ name: 'app' }] };

describe('a decision', () => {
  for (const [namespaceLabel, label, expected] of [
    [undefined, undefined, 'not_opted_in'],
    [undefined, 'enabled', 'inject'],
    [undefined, 'disabled', 'opted_out'],
    [undefined, 'yes', 'not_opted_in'],
    ['enabled', undefined, 'inject'],
    ['enabled', 'enabled', 'inject'],
    ['enabled', 'disabled', 'opted_out'],
    ['enabled', 'yes', 'inject'],
    ['disabled', undefined, 'opted_out'],
    ['disabled', 'enabled', 'inject'],
  ] as const)
    it(`is ${expected} for a pod labelled ${label} in a namespace labelled ${namespaceLabel}`, () => {
      const labels = label === undefined ? {} : { 'conveyor.etl/inject': label };
      const decision = decide({ metadata: { labels }, spec }, where({ namespaceLabel }));
      assert.equal(decision.inject ? 'inject' : decision.reason, expected);
    });

  it('never takes system namespaces, whatever the pod asks for', () => {
    const pod = { metadata: { labels: { 'conveyor.etl/inject': 'enabled' } }, spec };
    const decision = decide(pod, where({ namespace: 'conveyor-system' }));
    assert.equal(!decision.inject && decision.reason, 'system_namespace');
  });
});

describe('a version', () => {
  for (const version of ['v1.29.0', 'v1.34.4', 'v1.29.3-eks-1234', '1.30.1+k3s1', 'v2.0.0'])
    it(`${version} runs native sidecars`, () => assert.ok(runsNativeSidecars(version)));
  for (const version of ['v1.28.9', 'v1.9.0', 'v0.30.0', '', 'fargate'])
    it(`${version || 'none'} does not`, () => assert.ok(!runsNativeSidecars(version)));
});
