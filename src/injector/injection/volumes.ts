import type { Volume } from 'kubernetes-types/core/v1.d.ts';
import { NAMES } from '../../foundation/kubernetes/annotations.ts';
import { canonical } from './canonical.ts';
import { VOLUMES } from './names.ts';

const TOKEN_SECONDS = 3_600;
const READABLE = 0o644;

/**
 * The sidecar's volumes. With a mount of its own at the standard path the service-account plugin mounts no other
 * token, also where the pod wants none; the bundle is optional, as its ConfigMap may come after the pod.
 */
function sidecarVolumes(): Volume[] {
  const token = { path: 'token', expirationSeconds: TOKEN_SECONDS };
  const namespace = { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } };
  return [
    {
      name: VOLUMES.api,
      projected: {
        defaultMode: READABLE,
        sources: [
          { serviceAccountToken: token },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          { downwardAPI: { items: [namespace] } },
        ],
      },
    },
    {
      name: VOLUMES.routerToken,
      projected: {
        defaultMode: READABLE,
        sources: [{ serviceAccountToken: { ...token, audience: NAMES.routerAudience } }],
      },
    },
    {
      name: VOLUMES.ca,
      configMap: { name: NAMES.caConfigMap, defaultMode: READABLE, optional: true },
    },
  ];
}

/**
 * Those of the sidecar's volumes that are not in the pod yet: a webhook that took the container away may have left them.
 */
export function missingVolumes(volumes: readonly Volume[] = []): Volume[] {
  return sidecarVolumes().filter(({ name }) => volumes.every((there) => there.name !== name));
}

/** Volumes of the pod that have the name of one of the sidecar's, and are something else. */
export function strangeVolumes(volumes: readonly Volume[] = []): Volume[] {
  const own = new Map(sidecarVolumes().map((volume) => [volume.name, volume]));
  return volumes.filter(
    (volume) => own.has(volume.name) && canonical(volume) !== canonical(own.get(volume.name)),
  );
}
