import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import { parse, stringify } from 'yaml';
import { whyHeld } from '../../../src/sidecar/own-pod/services/gate.ts';
import { registrationLabels } from '../../../src/sidecar/own-pod/labels/labels.ts';
import { podFacts } from '../../../src/sidecar/own-pod/facts/pod-facts.ts';
import { whereabouts } from '../../../src/sidecar/own-pod/services/whereabouts.ts';

const FOLDER = join(import.meta.dirname, '../../testdata/own-pod');
const cases = readdirSync(FOLDER).flatMap((file) => /^(.+)\.in\.yaml$/.exec(file)?.[1] ?? []);

/** All that follows from a pod, as a sidecar of a default configuration sees it. */
function derive(pod: Pod): object {
  const self = { namespace: '', podName: '', podUid: '', containerName: '', ownPorts: [9091, 9191] };
  const facts = podFacts(pod, self);
  assert.ok(facts);
  const where = whereabouts(facts, { always: false, answering: new Set(), maxPorts: 1_000 });
  const held = [...where.ports, 50_060].map((port) => [
    port,
    whyHeld(facts, { port }, { ending: false }) ?? 'on offer',
  ]);
  const labels = registrationLabels({
    configured: { team: 'mine' },
    downward: { nodeName: '', serviceAccount: '' },
    facts,
    zone: 'z1',
  });
  const plain = { ...facts, containers: [...facts.containers.values()], deletion: facts.deletion ?? null };
  return {
    facts: plain,
    where: { ...where, hints: Object.fromEntries(where.hints) },
    services: Object.fromEntries(held) as object,
    labels,
  };
}

// pods of a real cluster, without what nobody here reads; UPDATE_GOLDEN=1 writes the rest: read the diff
describe('what follows from a pod', () => {
  for (const name of cases) {
    it(`is for ${name}.in.yaml what ${name}.out.yaml says`, () => {
      const pod = parse(readFileSync(join(FOLDER, `${name}.in.yaml`), 'utf8')) as Pod;
      const golden = join(FOLDER, `${name}.out.yaml`);
      const output = stringify(derive(pod), { sortMapEntries: true });
      if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, output);
      assert.equal(output, readFileSync(golden, 'utf8'));
    });
  }
});
