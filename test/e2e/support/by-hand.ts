import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import { IMAGES } from './images.ts';
import { variables } from './pods.ts';

/**
 * A pod as it is written today: beside the application a sidecar as a plain container, with three variables and nothing
 * else.
 */
export function byHand({ spec, ...pod }: Pod, token = true): Pod {
  const downward = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const applications = (spec?.containers ?? []).map((container) => ({
    ...container,
    env: [...(container.env ?? []), ...variables({ CONVEYOR_ENDPOINT: '127.0.0.1:9091' })],
  }));
  const { securityContext } = applications[0] ?? {};
  const sidecar = {
    name: 'sidecar',
    image: IMAGES.sidecar,
    ...(securityContext && { securityContext }),
    env: [
      downward('POD_NAME', 'metadata.name'),
      downward('NAMESPACE', 'metadata.namespace'),
      ...variables({ CLUSTER_ENDPOINT: 'conveyor-router.conveyor-system:50051' }),
    ],
  };
  return {
    ...pod,
    spec: { ...spec, containers: [...applications, sidecar], automountServiceAccountToken: token },
  };
}
