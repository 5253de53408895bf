import type { Container, Pod, PodSpec } from 'kubernetes-types/core/v1.d.ts';
import { KEYS } from '../../foundation/kubernetes/annotations.ts';
import { adminGet, hookPath, type SidecarPlan, sidecarContainer } from './container.ts';
import { fingerprint, type Injected } from './fingerprint.ts';
import { ENDPOINT_ENV } from './names.ts';
import { scrapeAnnotations } from './scrape.ts';
import { missingVolumes } from './volumes.ts';

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

/** What an injection is made of. */
export interface InjectionPlan extends SidecarPlan {
  readonly version: string;
  /** Whether to say by `prometheus.io` annotations where the metrics are. */
  readonly scrape: boolean;
}

/**
 * The pod with the sidecar: last of the init containers when native, so that it starts after a mesh's proxy and stops
 * before it, else last of the containers. Pure; lists only grow at their end, and nothing of the pod's own changes.
 */
export function inject(pod: Pod, plan: InjectionPlan): Pod {
  const { version } = plan;
  const injected = { ...pod, spec: injectSpec(pod.spec ?? { containers: [] }, plan) };
  const mark: Injected = { version, hash: fingerprint(injected) ?? '' };
  return {
    ...injected,
    metadata: {
      ...pod.metadata,
      annotations: { ...annotate(pod, plan), [KEYS.injected]: JSON.stringify(mark) },
    },
  };
}

function injectSpec(spec: PodSpec, plan: InjectionPlan): PodSpec {
  const sidecar = sidecarContainer(plan);
  const containers = spec.containers.map((container) => serveContainer(container, plan));
  return {
    ...spec,
    containers: plan.native ? containers : [...containers, sidecar],
    ...(plan.native ? { initContainers: [...(spec.initContainers ?? []), sidecar] } : {}),
    volumes: [...(spec.volumes ?? []), ...missingVolumes(spec.volumes)],
    ...(plan.options.readiness === 'gate' ? { readinessGates: gated(spec) } : {}),
  };
}

function gated({ readinessGates = [] }: PodSpec): NonNullable<PodSpec['readinessGates']> {
  const there = readinessGates.some(({ conditionType }) => conditionType === KEYS.routing);
  return there ? readinessGates : [...readinessGates, { conditionType: KEYS.routing }];
}

/** An application's container is told where the sidecar is, and is held until the sidecar has drained. */
function serveContainer(container: Container, { options, hookKey }: InjectionPlan): Container {
  const { env = [], lifecycle = {}, name } = container;
  const endpoint = { name: ENDPOINT_ENV, value: `127.0.0.1:${options.grpcPort}` };
  const hold = options.holdApplication === 'enabled' && lifecycle.preStop === undefined;
  const preStop = { httpGet: adminGet(hookPath(hookKey, name), options.adminPort) };
  return {
    ...container,
    ...(env.some((each) => each.name === ENDPOINT_ENV) ? {} : { env: [...env, endpoint] }),
    ...(hold ? { lifecycle: { ...lifecycle, preStop } } : {}),
  };
}

function annotate({ metadata, spec }: Pod, { options, scrape }: InjectionPlan): Record<string, string> {
  const annotations = { ...metadata?.annotations };
  const [first] = spec?.containers ?? [];
  return {
    ...(first === undefined ? {} : { [DEFAULT_CONTAINER]: first.name }),
    ...(scrape ? scrapeAnnotations(annotations, options.adminPort) : {}),
    ...annotations,
  };
}
