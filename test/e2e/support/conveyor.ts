import { before } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import { applyFolder, getObjects, kubectl, rolledOut } from './kubectl.ts';

/** The namespace of the control plane. */
export const SYSTEM = 'conveyor-system';

/** Router and injector, as a user installs them, before the first test of a file. What runs already is left as it is. */
export function useConveyor(): void {
  before(async () => {
    await applyFolder('overlays/kind');
    await controlPlaneReady();
  });
}

/** Until router and injector are as their Deployments say, and one router leads. */
export async function controlPlaneReady(): Promise<void> {
  await rolledOut('deployment/conveyor-router', SYSTEM);
  await rolledOut('deployment/conveyor-injector', SYSTEM);
  await kubectl(
    ['wait', '--for=create', 'pod', '--selector=conveyor.etl/leader=true', `--namespace=${SYSTEM}`],
    { timeoutMs: 60_000 },
  );
}

/** The name of the router that leads; undefined while none does. */
export async function leaderPod(): Promise<string | undefined> {
  const [pod] = await getObjects<Pod>('pods', '--selector=conveyor.etl/leader=true', '--namespace', SYSTEM);
  return pod?.metadata?.name;
}
