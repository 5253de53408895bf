import type { Container, Pod, PodSpec } from 'kubernetes-types/core/v1.d.ts';
import { KEYS, NAMES } from '../../foundation/kubernetes/annotations.ts';
import { hookPath } from './container.ts';
import { allContainers, isInjected } from './decide.ts';
import { ENDPOINT_ENV, OWN_VOLUMES } from './names.ts';
import { isOwnScrape, SCRAPE_KEYS } from './scrape.ts';

/** The value that guards the hooks of an injected pod. */
export function hookKeyOf(pod: Pod): string | undefined {
  const sidecar = allContainers(pod).find(({ name }) => name === NAMES.container);
  const key = sidecar?.env?.find(({ name }) => name === 'HOOK_KEY')?.value;
  return key !== undefined && /^[0-9a-f]{32}$/.test(key) ? key : undefined;
}

/**
 * An injected pod as it was before, so that it can be injected afresh; any other pod as it is. What cannot be told
 * from the user's own (the default container for kubectl) stays.
 */
export function uninject(pod: Pod): Pod {
  if (!isInjected(pod) || pod.spec === undefined) return pod;
  const { metadata = {}, spec } = pod;
  const annotations = Object.entries(metadata.annotations ?? {}).filter(
    ([key]) => key !== KEYS.injected && !(SCRAPE_KEYS.includes(key) && isOwnScrape(pod)),
  );
  return {
    ...pod,
    metadata: { ...metadata, annotations: Object.fromEntries(annotations) },
    spec: withoutSidecar(spec, hookKeyOf(pod)),
  };
}

function withoutSidecar(spec: PodSpec, hookKey: string | undefined): PodSpec {
  const isSidecar = ({ name }: Container): boolean => name === NAMES.container;
  const { initContainers = [], volumes = [], readinessGates = [], containers, ...others } = spec;
  const init = initContainers.filter((each) => !isSidecar(each));
  const kept = volumes.filter(({ name }) => !OWN_VOLUMES.includes(name));
  const gates = readinessGates.filter(({ conditionType }) => conditionType !== KEYS.routing);
  return {
    ...others,
    containers: containers
      .filter((each) => !isSidecar(each))
      .map((each) => withoutHook(withoutEndpoint(each), hookKey)),
    ...(init.length > 0 ? { initContainers: init } : {}),
    ...(kept.length > 0 ? { volumes: kept } : {}),
    ...(gates.length > 0 ? { readinessGates: gates } : {}),
  };
}

function withoutEndpoint({ env = [], ...container }: Container): Container {
  const kept = env.filter(
    ({ name, value = '' }) => name !== ENDPOINT_ENV || !/^127\.0\.0\.1:\d+$/.test(value),
  );
  return kept.length > 0 ? { ...container, env: kept } : container;
}

function withoutHook(container: Container, hookKey: string | undefined): Container {
  const { lifecycle = {}, ...others } = container;
  const { preStop, ...hooks } = lifecycle;
  if (hookKey === undefined || preStop?.httpGet?.path !== hookPath(hookKey, container.name)) return container;
  return Object.keys(hooks).length > 0 ? { ...others, lifecycle: hooks } : others;
}
