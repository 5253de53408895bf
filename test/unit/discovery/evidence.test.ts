import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CallEvidence } from '../../../src/sidecar/discovery/tracking/evidence.ts';

const failed = (evidence: CallEvidence, times: number, nowMs = 0): boolean[] =>
  Array.from({ length: times }, () => evidence.record('failed', nowMs));

describe('the evidence of real calls', () => {
  it('degrades a service after three failures in a row and leaves it out after five', () => {
    const evidence = new CallEvidence();
    failed(evidence, 2);
    assert.equal(evidence.health().health, 'healthy');
    failed(evidence, 1);
    assert.equal(evidence.health().health, 'degraded');
    failed(evidence, 2);
    assert.equal(evidence.health().health, 'unhealthy');
    evidence.record('ok', 0);
    assert.equal(evidence.health().health, 'healthy');
  });

  it('asks for a probe after the second failure in a row, and when the service is left out', () => {
    assert.deepEqual(failed(new CallEvidence(), 7), [false, true, false, false, true, false, false]);
    assert.equal(new CallEvidence().record('unusable', 0), true);
  });

  it('lets a service back on trial: by a probe begun after its rest, out again with the next failure', () => {
    const evidence = new CallEvidence();
    failed(evidence, 5, 0);
    evidence.probed(999);
    assert.equal(evidence.health().health, 'unhealthy');
    evidence.probed(undefined);
    assert.equal(evidence.health().health, 'unhealthy');
    evidence.probed(1_000);
    assert.equal(evidence.health().health, 'degraded');
    failed(evidence, 1, 1_000);
    assert.equal(evidence.health().health, 'unhealthy');
    assert.equal(evidence.restUntilMs, 3_000);
  });

  it('rests a minute at most, and a success forgives all', () => {
    const evidence = new CallEvidence();
    for (let strike = 0; strike < 12; strike += 1) {
      evidence.record('unusable', 0);
      if (strike < 11) evidence.probed(Infinity);
    }
    assert.equal(evidence.restUntilMs, 60_000);
    evidence.record('ok', 0);
    evidence.record('unusable', 0);
    assert.equal(evidence.restUntilMs, 1_000);
  });

  it('makes an unusable service healthy again by a fresh probe', () => {
    const evidence = new CallEvidence();
    evidence.record('unusable', 0);
    assert.equal(evidence.health().health, 'unhealthy');
    evidence.probed(1_500);
    assert.equal(evidence.health().health, 'healthy');
  });

  it('remembers between probes that a call succeeded', () => {
    const evidence = new CallEvidence();
    evidence.record('ok', 0);
    evidence.record('failed', 0);
    assert.equal(evidence.sinceProbe, 'ok');
    evidence.probed(1);
    assert.equal(evidence.sinceProbe, 'none');
  });
});
