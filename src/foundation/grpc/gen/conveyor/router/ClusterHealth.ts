// Generated from proto/ by `make generate`.

export const ClusterHealth = {
  CLUSTER_HEALTH_UNSPECIFIED: 'CLUSTER_HEALTH_UNSPECIFIED',
  CLUSTER_HEALTH_HEALTHY: 'CLUSTER_HEALTH_HEALTHY',
  CLUSTER_HEALTH_DEGRADED: 'CLUSTER_HEALTH_DEGRADED',
  CLUSTER_HEALTH_UNHEALTHY: 'CLUSTER_HEALTH_UNHEALTHY',
} as const;

export type ClusterHealth =
  | 'CLUSTER_HEALTH_UNSPECIFIED'
  | 0
  | 'CLUSTER_HEALTH_HEALTHY'
  | 1
  | 'CLUSTER_HEALTH_DEGRADED'
  | 2
  | 'CLUSTER_HEALTH_UNHEALTHY'
  | 3

export type ClusterHealth__Output = typeof ClusterHealth[keyof typeof ClusterHealth]
