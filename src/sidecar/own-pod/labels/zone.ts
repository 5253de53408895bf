import type { Node } from 'kubernetes-types/core/v1.d.ts';
import { ConveyorError } from '../../../foundation/errors.ts';
import type { KubeApi } from '../../../foundation/kubernetes/api.ts';
import { NODES } from '../../../foundation/kubernetes/resources.ts';

/**
 * Where a node has its zone, and since 1.35 its pods, too (KEP-4742).
 * @see https://kubernetes.io/docs/reference/labels-annotations-taints/#topologykubernetesiozone
 */
export const ZONE_LABEL = 'topology.kubernetes.io/zone';

/**
 * The zone of a node; '' when it has none or may not be read, which is how it is with the rights that a sidecar needs;
 * undefined when the API did not answer. @throws what the signal aborts with.
 */
export async function zoneOf(api: KubeApi, node: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { metadata } = await api.get<Node>(NODES, { name: node }, signal);
    return metadata?.labels?.[ZONE_LABEL] ?? '';
  } catch (error) {
    signal.throwIfAborted();
    const { code } = ConveyorError.from(error);
    return code === 'UNAVAILABLE' || code === 'DEADLINE_EXCEEDED' ? undefined : '';
  }
}
