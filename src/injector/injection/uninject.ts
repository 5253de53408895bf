import type { Container, EnvVar, Pod, PodReadinessGate, PodSpec } from 'kubernetes-types/core/v1.d.ts';
import { KEYS, NAMES } from '../../foundation/kubernetes/annotations.ts';
import { heldBy } from './container.ts';
import { isInjected, portIn, sidecarIn } from './decide.ts';
import { ENDPOINT_ENV, OWN_VOLUMES } from './names.ts';
import { isOwnScrape, SCRAPE_KEYS } from './scrape.ts';

/**
 * The value that guards the hooks of an injected pod; of one that has lost its sidecar, the value that the hooks of its
 * containers call it with.
 */
export function hookKeyOf(pod: Pod): string | undefined {
  const own = sidecarIn(pod)?.env?.find(({ name }) => name === 'HOOK_KEY')?.value;
  const [left] = (pod.spec?.containers ?? []).flatMap((container) => heldBy(container) ?? []);
  const key = own ?? left;
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
    spec: withoutSidecar(spec, hookKeyOf(pod), portIn(pod, NAMES.grpcPort)),
  };
}

function withoutSidecar(spec: PodSpec, hookKey: string | undefined, grpcPort: number | undefined): PodSpec {
  const isSidecar = ({ name }: Container): boolean => name === NAMES.container;
  const isGate = ({ conditionType }: PodReadinessGate): boolean => conditionType === KEYS.routing;
  const { initContainers, volumes, readinessGates, ...others } = spec;
  return {
    ...others,
    containers: spec.containers
      .filter((each) => !isSidecar(each))
      .map((each) => withoutHook(withoutEndpoint(each, grpcPort), hookKey)),
    ...remaining('initContainers', initContainers, isSidecar),
    ...remaining('volumes', volumes, ({ name }) => OWN_VOLUMES.includes(name)),
    ...remaining('readinessGates', readinessGates, isGate),
  };
}

/** A list without what is ours; one that held nothing else goes as well. */
function remaining<T, K extends string>(
  key: K,
  list: readonly T[] | undefined,
  isOurs: (item: T) => boolean,
): Partial<Record<K, T[]>> {
  const others = (list ?? []).filter((item) => !isOurs(item));
  const gone = list === undefined || (others.length === 0 && list.length > 0);
  return gone ? {} : ({ [key]: others } as Record<K, T[]>);
}

function withoutEndpoint({ env, ...container }: Container, grpcPort: number | undefined): Container {
  const isEndpoint = ({ name, value }: EnvVar): boolean =>
    name === ENDPOINT_ENV && value === `127.0.0.1:${grpcPort ?? ''}`;
  return { ...container, ...remaining('env', env, isEndpoint) };
}

function withoutHook(container: Container, hookKey: string | undefined): Container {
  const { lifecycle = {}, ...others } = container;
  const { preStop: _ours, ...hooks } = lifecycle;
  if (hookKey === undefined || heldBy(container) !== hookKey) return container;
  return Object.keys(hooks).length > 0 ? { ...others, lifecycle: hooks } : others;
}
