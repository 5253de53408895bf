import assert from 'node:assert/strict';
import type { Lease } from 'kubernetes-types/coordination/v1.d.ts';
import type { Node } from 'kubernetes-types/core/v1.d.ts';
import { eventually } from './eventually.ts';
import { getObjects } from './kubectl.ts';

/**
 * Until every node has been heard of since a moment, and is Ready. One that was not heard of for 50 s, also when it was
 * the API server that was away, is taken to be gone for some seconds; until then it may still be called Ready.
 */
export async function nodesReady(sinceMs: number): Promise<void> {
  await eventually(async () => {
    for (const { metadata, status } of await getObjects<Node>('nodes')) {
      const name = metadata?.name ?? '';
      const [lease] = await getObjects<Lease>(`lease/${name}`, '--namespace=kube-node-lease');
      assert.ok(Date.parse(lease?.spec?.renewTime ?? '') >= sinceMs, `${name} has not been heard of`);
      const ready = status?.conditions?.find(({ type }) => type === 'Ready');
      assert.equal(ready?.status, 'True', `${name}: ${ready?.message ?? 'says nothing'}`);
    }
  }, 120_000);
}
