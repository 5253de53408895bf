/** Volumes of the sidecar: its API token, its token for the router, the bundle that the router is checked with. */
export const VOLUMES = {
  api: 'conveyor-api-access',
  routerToken: 'conveyor-router-token',
  ca: 'conveyor-ca',
} as const;

/** Where the volumes are mounted: the first where every client of the API looks for it. */
export const MOUNT_PATHS = {
  api: '/var/run/secrets/kubernetes.io/serviceaccount',
  routerToken: '/var/run/conveyor/token',
  ca: '/var/run/conveyor/ca',
} as const;

/** The names of the volumes, as a list. */
export const OWN_VOLUMES: readonly string[] = Object.values(VOLUMES);

/** What an application's containers find the sidecar by. */
export const ENDPOINT_ENV = 'CONVEYOR_ENDPOINT';
