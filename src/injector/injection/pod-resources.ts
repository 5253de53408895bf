import type { Pod, PodSpec, ResourceRequirements } from 'kubernetes-types/core/v1.d.ts';
import type { SidecarOptions } from './options.ts';
import { quantityValue } from './quantity.ts';

// newer than the types
type SharedSpec = PodSpec & { readonly resources?: ResourceRequirements };

/**
 * Where the pod has resources for all of its containers together, the sidecar shares in them: it asks for nothing of its
 * own and takes no more than all may, as the API server would refuse the pod.
 * @see https://kubernetes.io/docs/tasks/configure-pod-container/assign-pod-level-resources/
 */
export function withinPod(options: SidecarOptions, { spec }: Pod): SidecarOptions {
  const { requests = {}, limits = {} } = (spec as SharedSpec | undefined)?.resources ?? {};
  const shared = (name: 'cpu' | 'memory'): boolean => name in requests || name in limits;
  const least = (own: string, all: string | undefined): string =>
    own === '' || all === undefined || amountOf(own) <= amountOf(all) ? own : all;
  return {
    ...options,
    ...(shared('cpu') ? { cpuRequest: '0', cpuLimit: least(options.cpuLimit, limits['cpu']) } : {}),
    ...(shared('memory')
      ? { memoryRequest: '0', memoryLimit: least(options.memoryLimit, limits['memory']) }
      : {}),
  };
}

/** An amount that cannot be read is the smaller one. */
function amountOf(text: string): number {
  return quantityValue(text) ?? 0;
}
