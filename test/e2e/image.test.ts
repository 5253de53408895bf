import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { IMAGES } from './support/images.ts';
import { apply, execIn, getObjects, kubectl, until } from './support/kubectl.ts';
import { useNamespace } from './support/namespace.ts';
import { pod, variables } from './support/pods.ts';

const SIDECAR = 'conveyor-sidecar';

/** A sidecar as the seed's users run it: a plain container beside theirs, no POD_IP, nothing injected. */
function besideTransform(namespace: string): Pod {
  const downward = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  return pod('my-transform', [
    {
      name: 'my-transform',
      image: IMAGES.examples,
      args: ['examples/transform-delayed.ts'],
      env: variables({ PORT: '50051' }),
      ports: [{ containerPort: 50_051 }],
    },
    {
      name: SIDECAR,
      image: IMAGES.sidecar,
      env: [
        downward('POD_NAME', 'metadata.name'),
        downward('NAMESPACE', 'metadata.namespace'),
        ...variables({ CLUSTER_ENDPOINT: `conveyor-router.${namespace}:50051` }),
      ],
    },
  ]);
}

describe('the image', () => {
  const namespace = useNamespace();
  const here = { namespace: namespace.name, pod: 'my-transform', container: SIDECAR };

  before(async () => {
    await apply([besideTransform(namespace.name)], namespace.name);
    await until("jsonpath={.status.containerStatuses[?(@.name=='conveyor-sidecar')].started}=true", {
      namespace: namespace.name,
      of: 'pod/my-transform',
    });
  });

  it('runs as a user that is not root, on a disk that cannot be written', async () => {
    const script = `
      let refused; try { require('node:fs').writeFileSync('/app/x', ''); } catch (error) { refused = error.code; }
      console.log(JSON.stringify({ user: process.getuid(), refused }));`;
    const said = JSON.parse(await execIn(here, '/nodejs/bin/node', '--eval', script)) as object;
    assert.deepEqual(said, { user: 65_532, refused: 'EROFS' });
  });

  it('tells its version', async () => {
    const said = await execIn(here, SIDECAR, 'version');
    assert.match(said, new RegExp(`^conveyor-sidecar ${packageJson.version} \\(Node v24\\.`));
  });

  it('finds the service beside it', async () => {
    const said = await execIn(here, SIDECAR, 'discover', '--output=json');
    assert.match(said, /"transform-delayed"/);
  });

  it('stays up without a router, and ends well with its pod', async () => {
    const [before] = await getObjects<Pod>('pod', 'my-transform', '--namespace', namespace.name);
    const statuses = before?.status?.containerStatuses ?? [];
    assert.deepEqual(
      statuses.map(({ name, restartCount, state }) => [name, restartCount, state?.running !== undefined]),
      [
        [SIDECAR, 0, true],
        ['my-transform', 0, true],
      ],
    );
    const log = kubectl([
      'logs',
      '--follow',
      '--namespace',
      namespace.name,
      'my-transform',
      '--container',
      SIDECAR,
    ]);
    await kubectl(['delete', 'pod', 'my-transform', '--namespace', namespace.name]);
    assert.match(await log, /"message":"drained"/);
  });
});
