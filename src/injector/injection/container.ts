import type { Container, EnvVar, HTTPGetAction, Probe } from 'kubernetes-types/core/v1.d.ts';
import { formatMs } from '../../foundation/config/value-type.ts';
import { NAMES } from '../../foundation/kubernetes/annotations.ts';
import { MOUNT_PATHS, VOLUMES } from './names.ts';
import type { SidecarOptions } from './options.ts';

/** What is decided of one sidecar. */
export interface SidecarPlan {
  readonly options: SidecarOptions;
  readonly native: boolean;
  readonly graceMs: number;
  /** Keeps strangers from calling the hooks: 32 hex digits. */
  readonly hookKey: string;
  /** `host:port` of the router. */
  readonly routerEndpoint: string;
}

/** Path of the sidecar's own hook, or of the one that holds a container. */
export function hookPath(hookKey: string, container?: string): string {
  return container === undefined ? `/prestop/${hookKey}` : `/prestop/${container}/${hookKey}`;
}

/** The hook's value in the path that holds this container; undefined: it has a hook of its own, or none. */
export function heldBy({ name, lifecycle }: Container): string | undefined {
  const [, prestop, container, key] = lifecycle?.preStop?.httpGet?.path?.split('/') ?? [];
  return prestop === 'prestop' && container === name ? key : undefined;
}

/** A GET of the admin server. By number: the kubelet looks a name up in the hook's own container only. */
export function adminGet(path: string, port: number): HTTPGetAction {
  return { path, port, scheme: 'HTTP' };
}

/**
 * The container that is injected. What the API server would fill in is spelled out where it belongs to the
 * fingerprint, so that `audit` sees what was written.
 */
export function sidecarContainer(plan: SidecarPlan): Container {
  const { options, native, hookKey } = plan;
  const { image, imagePullPolicy, grpcPort, adminPort } = options;
  return {
    name: NAMES.container,
    image,
    imagePullPolicy,
    ...(native ? { restartPolicy: 'Always' } : {}),
    args: ['run'],
    ports: [
      { name: NAMES.grpcPort, containerPort: grpcPort, protocol: 'TCP' },
      { name: NAMES.adminPort, containerPort: adminPort, protocol: 'TCP' },
    ],
    env: environment(plan),
    resources: resourcesOf(options),
    volumeMounts: Object.entries(MOUNT_PATHS).map(([name, mountPath]) => ({
      name: VOLUMES[name as keyof typeof VOLUMES],
      mountPath,
      readOnly: true,
    })),
    ...probes(options),
    lifecycle: { preStop: { httpGet: adminGet(hookPath(hookKey), adminPort) } },
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsGroup: 65_532,
      runAsNonRoot: true,
      runAsUser: 65_532,
      seccompProfile: { type: 'RuntimeDefault' },
    },
  };
}

const field = (name: string, fieldPath: string): EnvVar => ({
  name,
  valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } },
});

function environment({ options, graceMs, hookKey, routerEndpoint }: SidecarPlan): EnvVar[] {
  const { grpcPort, adminPort, logLevel, serviceNames, discoveryPorts } = options;
  const values = {
    // a variable may use those above it
    SIDECAR_ID: '$(NAMESPACE)/$(POD_NAME)',
    CONTAINER_NAME: NAMES.container,
    KUBERNETES: 'auto',
    CLUSTER_ENDPOINT: routerEndpoint,
    ROUTER_CA_FILE: `${MOUNT_PATHS.ca}/ca.crt`,
    ROUTER_TOKEN_FILE: `${MOUNT_PATHS.routerToken}/token`,
    GRPC_PORT: String(grpcPort),
    ADMIN_PORT: String(adminPort),
    LOG_LEVEL: logLevel,
    LOG_FORMAT: 'json',
    SHUTDOWN_GRACE: formatMs(graceMs),
    HOOK_KEY: hookKey,
    SERVICE_NAMES: serviceNames,
    DISCOVERY_PORTS: discoveryPorts,
  };
  return [
    field('POD_NAME', 'metadata.name'),
    field('NAMESPACE', 'metadata.namespace'),
    field('POD_IP', 'status.podIP'),
    field('POD_UID', 'metadata.uid'),
    field('NODE_NAME', 'spec.nodeName'),
    field('SERVICE_ACCOUNT', 'spec.serviceAccountName'),
    ...Object.entries(values).flatMap(([name, value]) => (value === '' ? [] : [{ name, value }])),
  ];
}

function resourcesOf(options: SidecarOptions): NonNullable<Container['resources']> {
  const { cpuRequest, cpuLimit, memoryRequest, memoryLimit } = options;
  const amounts = (cpu: string, memory: string): Record<string, string> =>
    Object.fromEntries(Object.entries({ cpu, memory }).filter(([, amount]) => amount !== ''));
  return { requests: amounts(cpuRequest, memoryRequest), limits: amounts(cpuLimit, memoryLimit) };
}

/**
 * The start depends on the sidecar alone: with `/readyz`, which waits for the router, or with anything of the
 * application, a native sidecar would hold the pod up for ever. Its first look comes after a second: the program takes
 * some tenths of one, and an earlier look would be a Warning on every pod, and not the earlier start of any, as the next
 * comes a second later. Liveness is wide: a busy sidecar is no dead one.
 */
function probes({ adminPort, readiness }: SidecarOptions): Partial<Container> {
  const probe = (path: string, periodSeconds: number, failureThreshold: number): Probe => ({
    ...{ httpGet: adminGet(path, adminPort), periodSeconds, failureThreshold },
    ...{ timeoutSeconds: 5, successThreshold: 1 },
  });
  return {
    startupProbe: { initialDelaySeconds: 1, ...probe('/livez', 1, 120) },
    ...(readiness === 'container' ? { readinessProbe: probe('/readyz', 2, 3) } : {}),
    livenessProbe: probe('/livez', 10, 6),
  };
}
