import type { ConfigMap, Namespace, Pod } from 'kubernetes-types/core/v1.d.ts';
import type { RoleBinding } from 'kubernetes-types/rbac/v1.d.ts';
import { KEYS } from '../../foundation/kubernetes/annotations.ts';
import type { KubeApi, KubeObject } from '../../foundation/kubernetes/api.ts';
import { createController } from '../../foundation/kubernetes/controller.ts';
import { type Follower, follow } from '../../foundation/kubernetes/follow.ts';
import { NAMESPACES, PODS } from '../../foundation/kubernetes/resources.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import { type Component, group } from '../../foundation/lifecycle/component.ts';
import { createListeners } from '../../foundation/lifecycle/listeners.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import type { Leadership } from '../ours.ts';
import { type Demand, isEnding, isLabelled, needsGrant } from './demand.ts';
import { bundleGrant, createKeeper, type Grant, type Keeper, SIDECAR_BINDING } from './grants.ts';

/** Which namespaces, and with what. */
export interface NamespacesOptions {
  readonly api: KubeApi;
  readonly leader: Leadership;
  /** Where nothing is ever injected. */
  readonly systemNamespaces: readonly string[];
  /** Whether the role is bound here, or by the manifests. */
  readonly manageRbac: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds between looks at the pods of a namespace that has no label. */
  readonly lookMs?: number;
}

/** What sidecars need in their namespaces: the binding of their role and the bundle of the router's authority. */
export interface Namespaces extends Component {
  publish(bundle: string): void;
  /** The bundles of all namespaces that ask for one; undefined before all namespaces have been seen. */
  shown(): readonly string[] | undefined;
  onChange(listener: () => void): () => void;
}

const LOOK_MS = 300_000;

/**
 * In namespaces that are labelled, or hold a pod that is, or one that was injected on files, keeps both objects, and
 * removes them when that is over. The leader does so; all replicas follow what it takes.
 */
export function createNamespaces(options: NamespacesOptions): Namespaces {
  const { api, leader, clock, systemNamespaces, manageRbac, lookMs = LOOK_MS } = options;
  const logger = options.logger.child('namespaces');
  let bundle = '';
  const following = <T extends KubeObject>(resource: typeof PODS, selection: object): Follower<T> =>
    follow<T>({ api, clock, logger, resource, selection });
  const followGrant = <T extends KubeObject>({ resource, name }: Grant<T>): Follower<T> =>
    following<T>(resource, { fieldSelector: `metadata.name=${name}` });
  const bundles = bundleGrant(() => bundle);

  const namespaces = following<Namespace>(NAMESPACES, {});
  const pods = following<Pod>(PODS, { labelSelector: `${KEYS.inject}=enabled` });
  const configMaps = followGrant<ConfigMap>(bundles);
  const bindings = manageRbac ? followGrant<RoleBinding>(SIDECAR_BINDING) : undefined;
  const followed = [namespaces, pods, configMaps, ...(bindings === undefined ? [] : [bindings])];
  const synced = (): boolean => followed.every((each) => each.synced);
  const bundleKeeper = createKeeper(api, bundles, configMaps);
  const bindingKeeper = bindings && createKeeper(api, SIDECAR_BINDING, bindings);

  /** What the last pass has found of the namespaces that ask. */
  const demands = new Map<string, Demand>();
  const foreign = new Set<string>();
  const listeners = createListeners();

  const demandOf = async (namespace: Namespace, signal: AbortSignal): Promise<Demand> => {
    const name = namespace.metadata?.name ?? '';
    if (isLabelled(namespace)) return 'labelled';
    const labelled = [...pods.items().values()].filter(({ metadata }) => metadata?.namespace === name);
    if (labelled.some(needsGrant)) return 'holds injected pods';
    const { items } = await api.list<Pod>(PODS, { namespace: name }, signal);
    return items.some(needsGrant) ? 'holds injected pods' : undefined;
  };

  const keep = async (
    keeper: Keeper,
    namespace: string,
    wanted: boolean,
    signal: AbortSignal,
  ): Promise<void> => {
    const outcome = await keeper.keep(namespace, wanted, signal);
    const what = keeper === bundleKeeper ? bundles.name : SIDECAR_BINDING.name;
    const key = `${namespace}/${what}`;
    if (outcome === 'foreign' && !foreign.has(key))
      logger.warn('an object of that name is not ours and is left alone', { namespace, name: what });
    if (outcome === 'foreign') foreign.add(key);
    else foreign.delete(key);
    if (outcome === 'written' || outcome === 'removed')
      logger.info(`grant ${outcome}`, { namespace, name: what });
  };

  const reconcile = async (
    name: string,
    signal: AbortSignal,
  ): Promise<{ requeueAfterMs: number } | undefined> => {
    const namespace = namespaces.items().get(name);
    if (!leader.leading() || !synced()) return undefined;
    if (namespace === undefined || isEnding(namespace)) {
      if (demands.delete(name)) listeners.tell();
      return undefined;
    }
    const excluded = systemNamespaces.includes(name);
    const demand = excluded ? undefined : await demandOf(namespace, signal);
    const changed = demands.get(name) !== demand || !demands.has(name);
    demands.set(name, demand);
    if (changed) listeners.tell();
    if (bindingKeeper !== undefined) await keep(bindingKeeper, name, demand !== undefined, signal);
    if (bundle !== '' || demand === undefined) await keep(bundleKeeper, name, demand !== undefined, signal);
    // pods that were injected on files have no label that could be followed
    return excluded || demand === 'labelled' ? undefined : { requeueAfterMs: lookMs };
  };

  const controller = createController({ name: 'namespaces', reconcile, clock, logger: options.logger });
  const all = (): void => {
    if (leader.leading() && synced()) for (const name of namespaces.items().keys()) controller.enqueue(name);
  };
  leader.onChange((leading) => {
    if (!leading) demands.clear();
    all();
  });
  for (const each of followed)
    each.onChange((keys) => {
      if (keys.length === 0) all();
      for (const key of keys) controller.enqueue(key.split('/', 1)[0] ?? '');
    });
  configMaps.onChange(() => listeners.tell());

  return {
    ...group('namespaces', [...followed, controller]),
    publish(next) {
      if (bundle === next) return;
      bundle = next;
      all();
    },
    shown() {
      const names = [...namespaces.items().keys()];
      if (!synced() || !names.every((name) => demands.has(name))) return undefined;
      return names
        .filter((name) => demands.get(name) !== undefined && !foreign.has(`${name}/${bundles.name}`))
        .map((name) => configMaps.items().get(`${name}/${bundles.name}`)?.data?.['ca.crt'] ?? '');
    },
    onChange: (listener) => listeners.on(listener),
  };
}
