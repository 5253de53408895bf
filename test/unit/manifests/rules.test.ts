import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

const root = join(import.meta.dirname, '../../..');
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('the alerts', () => {
  it('ask for metrics that there are: a wrong name never fires', () => {
    const documented = new Set(textOf('docs/metrics.md').match(/(?<=^\| `)\w+/gm));
    const asked = textOf('manifests/prometheus/rules.yml').match(/\bconveyor_\w+/g) ?? [];
    assert.ok(asked.length >= 7);
    assert.deepEqual(
      asked.filter((name) => !documented.has(name)),
      [],
    );
  });
});

describe('the Prometheus of the manifests', () => {
  it('is the one that the tests run, with Docker and without', () => {
    const [, version] = /prometheus\/prometheus v0\.(\d+\.\d+)$/m.exec(
      textOf('test/cluster/prometheus/go.mod'),
    )!;
    const image = `prom/prometheus:v${version!.replace(/^(\d)/, '$1.')}`;
    for (const path of ['manifests/prometheus/prometheus.yaml', 'test/e2e/support/targets.ts'])
      assert.ok(textOf(path).includes(image), `${path} names ${image}`);
  });
});
