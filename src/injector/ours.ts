import type { KubeObject } from '../foundation/kubernetes/api.ts';
import type { Leader } from '../foundation/kubernetes/leader.ts';

/** What the leader's loops need to know of the election. */
export type Leadership = Pick<Leader, 'leading' | 'onChange'>;

/** On what the injector keeps in the cluster: nothing else is ever overwritten or deleted. */
export const MANAGED = { 'app.kubernetes.io/managed-by': 'conveyor-injector' } as const;

/** Who applies it. */
export const FIELD_MANAGER = 'conveyor-injector';

/** Whether it carries our label. */
export function isOurs({ metadata }: KubeObject): boolean {
  return Object.entries(MANAGED).every(([key, value]) => metadata?.labels?.[key] === value);
}
