import type { Container, ContainerStatus, Pod } from 'kubernetes-types/core/v1.d.ts';
import { PODS } from '../../src/foundation/kubernetes/resources.ts';
import type { KubeServer } from './kube-api.ts';

/** A container of a test's pod, and how it is. */
export interface TestContainer {
  readonly name: string;
  readonly ports?: Container['ports'];
  /** It has a readiness probe. */
  readonly probed?: boolean;
  /** A native sidecar. */
  readonly native?: boolean;
  readonly ready?: boolean;
  readonly restarts?: number;
  /** Running since then unless told. */
  readonly state?: ContainerStatus['state'];
}

/** What a kubelet says of a container that runs. @param second of the minute in which it began to. */
export const runningSince = (second: number): NonNullable<ContainerStatus['state']> => ({
  running: { startedAt: `2026-01-01T00:00:${String(second).padStart(2, '0')}Z` },
});

/** The pod `flights/app-1`, as the API has it. */
export function podOf(containers: readonly TestContainer[], metadata: Pod['metadata'] = {}): Pod {
  const specOf = ({ name, ports = [], probed = false, native = false }: TestContainer): Container => ({
    name,
    image: 'x',
    ports,
    ...(probed ? { readinessProbe: {} } : {}),
    ...(native ? { restartPolicy: 'Always' } : {}),
  });
  const statusOf = (container: TestContainer): ContainerStatus => {
    const { name, ready = true, restarts = 0, state = runningSince(0) } = container;
    return { name, image: 'x', imageID: 'x', ready, restartCount: restarts, state };
  };
  const [natives, regular] = [true, false].map((native) =>
    containers.filter((each) => (each.native ?? false) === native),
  ) as [TestContainer[], TestContainer[]];
  return {
    metadata: { namespace: 'flights', name: 'app-1', uid: 'uid-1', ...metadata },
    spec: {
      containers: regular.map(specOf),
      initContainers: natives.map(specOf),
      nodeName: 'node1',
      serviceAccountName: 'default',
      terminationGracePeriodSeconds: 30,
    },
    status: {
      containerStatuses: regular.map(statusOf),
      initContainerStatuses: natives.map(statusOf),
    },
  };
}

/** Stores that pod, in place of the one before. */
export const putPod = (kube: KubeServer, ...given: Parameters<typeof podOf>): Pod =>
  kube.put(PODS, podOf(...given));

/** Settings of a sidecar in that pod; no port is in its range. */
export const inPod = (kubeconfig: string): Record<string, string> => ({
  ...{
    POD_NAME: 'app-1',
    NAMESPACE: 'flights',
    SIDECAR_ID: 'flights/app-1',
    CONTAINER_NAME: 'conveyor-sidecar',
  },
  ...{ KUBECONFIG_FILE: kubeconfig, DISCOVERY_START_PORT: '1', DISCOVERY_END_PORT: '1' },
  DISCOVERY_SCAN: 'fallback',
});
