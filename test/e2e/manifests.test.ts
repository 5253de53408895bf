import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { useConveyor } from './support/conveyor.ts';
import { kubectl } from './support/kubectl.ts';

/** All that the repository has to apply; the kinds of the Prometheus operator are not in this cluster. */
const FOLDERS = ['base', 'overlays/kind', 'overlays/kind-demo', 'overlays/enforce', 'prometheus'] as const;

describe('every manifest', () => {
  useConveyor();

  for (const folder of FOLDERS)
    it(`${folder} passes a server-side dry run, without a warning`, async () => {
      const objects = (await kubectl(['kustomize', `manifests/${folder}`])).replaceAll(
        /^ {2}namespace: flights$/gm,
        '  namespace: default',
      );
      const said = await kubectl(
        [
          'apply',
          '--server-side',
          '--dry-run=server',
          '--force-conflicts',
          '--warnings-as-errors',
          '--filename=-',
        ],
        { input: objects },
      );
      assert.match(said, /serverside-applied/);
    });

  it('passes as a file: the pipeline that fans out', async () => {
    const text = readFileSync('manifests/examples/fan-out.yaml', 'utf8').replaceAll(
      'namespace: shop',
      'namespace: default',
    );
    await kubectl(['apply', '--server-side', '--dry-run=server', '--filename=-'], { input: text });
  });

  it('of the Prometheus operator can be built', async () => {
    assert.match(await kubectl(['kustomize', 'manifests/overlays/prometheus-operator']), /kind: PodMonitor/);
  });

  it('refuses a pipeline that cannot be, and says why', async () => {
    const loop = {
      apiVersion: 'conveyor.etl/v1',
      kind: 'Pipeline',
      metadata: { name: 'wrong', namespace: 'default' },
      spec: { stages: [{ id: 'a', type: 'source' }], edges: [{ from: 'a', to: 'missing' }], steps: ['x'] },
    };
    await assert.rejects(
      kubectl(['create', '--dry-run=server', '--filename=-'], { input: JSON.stringify(loop) }),
      /Invalid value/,
    );
  });
});
