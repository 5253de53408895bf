/**
 * Writes manifests/overlays/prometheus-operator/prometheus-rule.yaml of manifests/prometheus/rules.yml, so that the rules
 * stand in one place. With --check it only compares, and ends with 1 where they differ.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const target = join(root, 'manifests/overlays/prometheus-operator/prometheus-rule.yaml');
const [, ...rules] = readFileSync(join(root, 'manifests/prometheus/rules.yml'), 'utf8').split(
  /^(?=groups:)/m,
);

const wanted = [
  '# Generated from manifests/prometheus/rules.yml by `make generate`.',
  'apiVersion: monitoring.coreos.com/v1',
  'kind: PrometheusRule',
  'metadata:',
  '  name: conveyor',
  'spec:',
  rules.join('').replace(/^(?=.)/gm, '  '),
].join('\n');

if (!process.argv.includes('--check')) writeFileSync(target, wanted);
else if (readFileSync(target, 'utf8') !== wanted) {
  console.error(`${target.replace(`${root}/`, '')} is not what rules.yml says: run "make generate"`);
  process.exitCode = 1;
}
