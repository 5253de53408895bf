import { createHash } from 'node:crypto';
import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import { KEYS, NAMES } from '../../foundation/kubernetes/annotations.ts';
import { canonical } from './canonical.ts';
import { sidecarIn } from './decide.ts';
import { MOUNT_PATHS, OWN_VOLUMES } from './names.ts';

/** What the annotation says of an injection. */
export interface Injected {
  readonly version: string;
  readonly hash: string;
}

const OWN_MOUNTS: readonly string[] = Object.values(MOUNT_PATHS);
const OWN_PORTS: readonly string[] = [NAMES.grpcPort, NAMES.adminPort];
const ENV_NAME =
  /^(POD_(NAME|IP|UID)|NAMESPACE|NODE_NAME|SERVICE_ACCOUNT|SIDECAR_ID|CONTAINER_NAME|KUBERNETES)$/;
const SETTING_NAME =
  /^(CLUSTER_ENDPOINT|ROUTER_(CA|TOKEN)_FILE|(GRPC|ADMIN)_PORT|LOG_(LEVEL|FORMAT)|SHUTDOWN_GRACE|HOOK_KEY|SERVICE_NAMES|DISCOVERY_PORTS)$/;
const isOwnEnv = (name: string): boolean => ENV_NAME.test(name) || SETTING_NAME.test(name);

/**
 * A hash of what was injected, as the pod has it now. Left out is what others change for good reasons: resources
 * (LimitRange), pull policy (AlwaysPullImages), probes (meshes redirect them), and what they add beside ours.
 * @returns 16 hex digits; undefined without a sidecar.
 */
export function fingerprint(pod: Pod): string | undefined {
  const container = sidecarIn(pod);
  if (container === undefined) return undefined;
  const { image, args, restartPolicy, lifecycle, securityContext, env, ports, volumeMounts } = container;
  const parts = {
    ...{ image, args, restartPolicy, lifecycle, securityContext },
    env: env?.filter(({ name }) => isOwnEnv(name)),
    ports: ports?.filter(({ name }) => OWN_PORTS.includes(name ?? '')),
    mounts: volumeMounts?.filter(({ mountPath }) => OWN_MOUNTS.includes(mountPath)),
    volumes: pod.spec?.volumes?.filter(({ name }) => OWN_VOLUMES.includes(name)),
  };
  return createHash('sha256').update(canonical(parts)).digest('hex').slice(0, 16);
}

/** What the pod's annotation says; undefined when there is none, or none that can be read. */
export function injectedOf(pod: Pod): Injected | undefined {
  try {
    const parsed: unknown = JSON.parse(pod.metadata?.annotations?.[KEYS.injected] ?? '');
    const { version, hash } = parsed as Partial<Injected>;
    return typeof version === 'string' && typeof hash === 'string' ? { version, hash } : undefined;
  } catch {
    return undefined;
  }
}
