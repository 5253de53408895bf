import { ConveyorError } from '../../foundation/errors.ts';
import type { KubeApi } from '../../foundation/kubernetes/api.ts';
import { follow, type Follower, type FollowTimings } from '../../foundation/kubernetes/follow.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import { type Component, group } from '../../foundation/lifecycle/component.ts';
import { createListeners } from '../../foundation/lifecycle/listeners.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import { type CustomResource, rewritten } from './custom-resource.ts';
import { CUSTOM_RESOURCES, type Kind } from './kinds.ts';
import { formatProblem, type Problem } from './problem.ts';
import { assertValid } from './read-resource.ts';
import { type ObjectChange, type ObservedResource, ResourceSet } from './resource-set.ts';
import { type PipelineResource, resourceId } from './schema.ts';
import type { PipelineStore, StoredPipeline } from './store.ts';
import { formatUnlisted, type Unlisted, unlisted } from './unlisted.ts';

/** How long a change waits for the watch to show it; it is written in any case. */
const SEEN_MS = 2_000;

const { Pipeline: PIPELINES } = CUSTOM_RESOURCES;

/** What the store of custom resources needs. */
export interface CustomResourceStoreOptions {
  readonly api: KubeApi;
  /** Those of one namespace; all unless told. */
  readonly namespace?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timings?: Partial<FollowTimings>;
}

/**
 * Pipelines from custom resources, which are followed. `start` waits until all have been listed, so that none seems to
 * be gone; afterwards, while the API is away, what ran goes on.
 */
export class CustomResourceStore implements PipelineStore, Component {
  readonly name = 'pipeline store';
  readonly #options: CustomResourceStoreOptions;
  readonly #set = new ResourceSet();
  readonly #listeners = createListeners();
  readonly #resourceListeners = createListeners<[ReadonlySet<string>]>();
  readonly #followers: ReadonlyMap<Kind, Follower<CustomResource>>;
  readonly #following: Component;
  #listed = false;
  readonly #told = new Map<string, string>();

  constructor(options: CustomResourceStoreOptions) {
    this.#options = options;
    const { namespace, ...rest } = options;
    const selection = namespace === undefined ? {} : { namespace };
    this.#followers = new Map(
      (Object.keys(CUSTOM_RESOURCES) as Kind[]).map((kind) => {
        const follower = follow<CustomResource>({ ...rest, resource: CUSTOM_RESOURCES[kind], selection });
        follower.onChange((ids) => this.#changed(kind, ids));
        return [kind, follower];
      }),
    );
    this.#following = group('custom resources', [...this.#followers.values()]);
  }

  async start(signal: AbortSignal): Promise<void> {
    await this.#following.start(signal);
    await this.#until(() => this.#listed, signal);
  }

  stop(signal: AbortSignal): Promise<void> {
    return this.#following.stop(signal);
  }

  pipelines(): ReadonlyMap<string, StoredPipeline> {
    return this.#set.pipelines;
  }

  problems(): readonly Problem[] {
    const outages = [...this.#followers].flatMap(([kind, follower]): Problem[] => {
      const state = follower.state();
      if (state.ok) return [];
      const { plural, group: ofGroup } = CUSTOM_RESOURCES[kind];
      const reason = `cannot be followed: ${state.reason}; what ran goes on`;
      return [{ severity: 'error', file: `${plural}.${ofGroup}`, reason }];
    });
    return [...outages, ...[...this.#set.entries.values()].flatMap(({ problems }) => problems)];
  }

  /** What the start waits for, as far as it has failed. */
  unlisted(): readonly Unlisted[] {
    return [...this.#followers].flatMap(([kind, follower]) =>
      follower.synced ? [] : (unlisted(CUSTOM_RESOURCES[kind], follower.state()) ?? []),
    );
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.on(listener);
  }

  /** Every custom resource, by `<Kind> <namespace>/<name>`, the broken ones too. */
  resources(): ReadonlyMap<string, ObservedResource> {
    return this.#set.entries;
  }

  /** The pipelines that refer to a Source, Transform or Sink. */
  usersOf(key: string): ReadonlySet<string> {
    return this.#set.usersOf(key);
  }

  /** Hears of each change of resources, by their keys. Returns what ends it. */
  onResources(listener: (keys: ReadonlySet<string>) => void): () => void {
    return this.#resourceListeners.on(listener);
  }

  async create(resource: PipelineResource): Promise<void> {
    assertValid(resource);
    const { name, namespace } = resource.metadata;
    const object = rewritten({ metadata: { name, namespace } }, resource);
    const created = await this.#options.api.create(PIPELINES, object);
    await this.#seen(resourceId(resource), created);
  }

  async update(resource: PipelineResource): Promise<void> {
    assertValid(resource);
    const id = resourceId(resource);
    // with the version that was read: what somebody else has changed meanwhile is not lost
    const object = rewritten(this.#object(id), resource);
    const updated = await this.#options.api.update(PIPELINES, object);
    await this.#seen(id, updated);
  }

  async setEnabled(id: string, enabled: boolean): Promise<void> {
    this.#object(id);
    const patch = { type: 'merge', body: { spec: { enabled } } } as const;
    const patched = await this.#options.api.patch<CustomResource>(PIPELINES, nameOf(id), patch);
    await this.#seen(id, patched);
  }

  async remove(id: string): Promise<void> {
    this.#object(id);
    await this.#options.api.delete(PIPELINES, nameOf(id));
    await this.#soon(() => !this.#set.entries.has(`Pipeline ${id}`));
  }

  #object(id: string): CustomResource {
    const found = this.#set.entries.get(`Pipeline ${id}`);
    if (found === undefined) throw new ConveyorError('NOT_FOUND', `no pipeline ${id}`);
    return found.object;
  }

  /** Who writes reads what was written. */
  #seen(id: string, { metadata: { uid, generation = 0 } = {} }: CustomResource): Promise<void> {
    return this.#soon(() => {
      const metadata = this.#set.entries.get(`Pipeline ${id}`)?.object.metadata;
      return metadata?.uid === uid && (metadata?.generation ?? 0) >= generation;
    });
  }

  async #soon(condition: () => boolean): Promise<void> {
    const ending = new AbortController();
    const late = this.#options.clock.sleep(SEEN_MS, ending.signal).catch(() => undefined);
    await Promise.race([this.#until(condition, ending.signal).catch(() => undefined), late]);
    ending.abort();
  }

  /** @throws ConveyorError CANCELLED when the signal aborts. */
  #until(condition: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        unfollow();
        signal.removeEventListener('abort', cancel);
      };
      const look = (): void => {
        if (!condition()) return;
        end();
        resolve();
      };
      const cancel = (): void => {
        end();
        reject(new ConveyorError('CANCELLED', 'custom resources have not been listed'));
      };
      const unfollow = this.onChange(look);
      signal.addEventListener('abort', cancel, { once: true });
      if (signal.aborted) cancel();
      else look();
    });
  }

  #changed(kind: Kind, ids: readonly string[]): void {
    if (this.#listed) this.#take(ids.map((id) => this.#change(kind, id)));
    else if ([...this.#followers.values()].every(({ synced }) => synced)) {
      this.#listed = true;
      const all = [...this.#followers].flatMap(([each, follower]) =>
        [...follower.items().keys()].map((id) => this.#change(each, id)),
      );
      this.#take(all);
    } else this.#tellUnlisted();
  }

  /** Once for each that fails, and again when it fails for another reason. */
  #tellUnlisted(): void {
    for (const each of this.unlisted()) {
      const line = formatUnlisted(each);
      if (this.#told.get(each.resource) === line) continue;
      this.#told.set(each.resource, line);
      this.#options.logger.warn('the router does not listen before its custom resources are listed', {
        ...each,
      });
    }
  }

  #change(kind: Kind, id: string): ObjectChange {
    return { kind, id, object: this.#followers.get(kind)?.items().get(id) };
  }

  #take(changes: readonly ObjectChange[]): void {
    const known = new Map(
      changes.map(({ kind, id }) => [`${kind} ${id}`, this.#problemsOf(`${kind} ${id}`)]),
    );
    const touched = this.#set.update(changes, this.#options.clock.wallTime());
    for (const [key, before] of known) this.#log(key, before);
    this.#listeners.tell();
    if (touched.size > 0) this.#resourceListeners.tell(touched);
  }

  #problemsOf(key: string): readonly Problem[] {
    return this.#set.entries.get(key)?.problems ?? [];
  }

  #log(key: string, before: readonly Problem[]): void {
    const known = new Set(before.map(formatProblem));
    for (const problem of this.#problemsOf(key)) {
      if (!known.has(formatProblem(problem)))
        this.#options.logger.warn('custom resource problem', { ...problem });
    }
  }
}

function nameOf(id: string): { namespace: string; name: string } {
  const [namespace = '', name = ''] = id.split('/');
  return { namespace, name };
}
