import type { Container, Pod, PodSpec, SecurityContext } from 'kubernetes-types/core/v1.d.ts';

/** What Pod Security `restricted` asks of a container, and nothing written to the image's own disk. */
const CONFINED: SecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/** A pod that may run in a restricted namespace and ends at once. */
export function pod(name: string, containers: readonly Container[], spec: Partial<PodSpec> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { 'app.kubernetes.io/name': name } },
    spec: {
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      terminationGracePeriodSeconds: 5,
      containers: containers.map((container) => ({ securityContext: CONFINED, ...container })),
      ...spec,
    },
  };
}

/** Variables by name, as a container wants them. */
export function variables(values: Readonly<Record<string, string>>): { name: string; value: string }[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}
