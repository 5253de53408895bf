import { Index } from '../index-by-key.ts';
import { type CustomResource, sameText, writtenPart } from './custom-resource.ts';
import { componentsOf, definePipeline } from './definition.ts';
import { generation } from './generation.ts';
import type { Kind } from './kinds.ts';
import { hasErrors, type Problem } from './problem.ts';
import { examine } from './read-resource.ts';
import { type PipelineResource, type Resource, resourceKey } from './schema.ts';
import type { StoredPipeline } from './store.ts';

/** A custom resource, and what became of it. */
export interface ObservedResource {
  readonly kind: Kind;
  readonly object: CustomResource;
  /** What is wrong with it as it is now; with an error it is not taken. */
  readonly problems: readonly Problem[];
  /** What runs: as it is now, or the last one that could be taken. */
  readonly taken: Resource | undefined;
  readonly updatedAtMs: number;
}

/** One object of a kind as it now is; undefined: it has gone. */
export interface ObjectChange {
  readonly kind: Kind;
  /** `<namespace>/<name>`. */
  readonly id: string;
  readonly object: CustomResource | undefined;
}

/**
 * Custom resources, and the pipelines that they come to. One that is broken changes nothing: what was last taken of it
 * stays, and of a router that has just started, what its status says was running. A change defines the pipelines anew
 * that it touches, no others.
 */
export class ResourceSet {
  readonly #entries = new Map<string, ObservedResource>();
  readonly #pipelines = new Map<string, StoredPipeline>();
  /** Who refers to a Source, Transform or Sink, there or not. */
  readonly #users = new Index();

  /** By `<Kind> <namespace>/<name>`. */
  get entries(): ReadonlyMap<string, ObservedResource> {
    return this.#entries;
  }

  /** What is to run, by id. */
  get pipelines(): ReadonlyMap<string, StoredPipeline> {
    return this.#pipelines;
  }

  /** The pipelines that refer to a Source, Transform or Sink. */
  usersOf(key: string): ReadonlySet<string> {
    return this.#users.of(key);
  }

  /**
   * Takes what has changed.
   * @param seenAtMs milliseconds since 1970.
   * @returns the keys of all that is another now, those that a touched pipeline refers to among them.
   */
  update(changes: readonly ObjectChange[], seenAtMs: number): Set<string> {
    const touched = new Set<string>();
    const pipelines = new Set<string>();
    for (const { kind, id, object } of changes) {
      const key = `${kind} ${id}`;
      touched.add(key);
      if (!this.#set(key, kind, { object, seenAtMs })) continue;
      if (kind === 'Pipeline') pipelines.add(id);
      else for (const user of this.#users.of(key)) pipelines.add(user);
    }
    for (const id of pipelines) {
      touched.add(`Pipeline ${id}`);
      for (const key of this.#define(id)) touched.add(key);
    }
    return touched;
  }

  /** @returns whether what it says is another than before. */
  #set(
    key: string,
    kind: Kind,
    { object, seenAtMs }: { object: CustomResource | undefined; seenAtMs: number },
  ): boolean {
    const before = this.#entries.get(key);
    if (object === undefined) return this.#entries.delete(key);
    if (before !== undefined && sameText(before.object, object)) {
      this.#entries.set(key, { ...before, object });
      return false;
    }
    const same = before?.object.metadata?.uid === object.metadata?.uid;
    const updatedAtMs = before === undefined ? createdAtMs(object) : seenAtMs;
    this.#entries.set(key, {
      ...read(key, kind, { object, last: same ? before?.taken : undefined }),
      updatedAtMs,
    });
    return true;
  }

  /** @returns the keys that it refers to, or did. */
  #define(id: string): string[] {
    const key = `Pipeline ${id}`;
    const before = this.#pipelines.get(id);
    const entry = this.#entries.get(key);
    const refersBefore = before === undefined ? [] : referred(before.resource);
    this.#users.remove(id, refersBefore);
    if (entry?.taken?.kind !== 'Pipeline') {
      this.#pipelines.delete(id);
      return refersBefore;
    }
    const resource = entry.taken;
    const refers = referred(resource);
    this.#users.add(id, refers);
    this.#pipelines.set(id, this.#stored(resource, entry));
    return [...refersBefore, ...refers];
  }

  #stored(resource: PipelineResource, { object, updatedAtMs }: ObservedResource): StoredPipeline {
    const definition = definePipeline(resource, (kind, name) => {
      const found = this.#entries.get(`${kind} ${resource.metadata.namespace}/${name}`)?.taken;
      return found?.kind === 'Pipeline' ? undefined : found;
    });
    return {
      definition,
      generation: generation(definition),
      resource,
      origin: resourceKey(resource),
      version: object.metadata?.generation ?? 0,
      createdAtMs: createdAtMs(object),
      updatedAtMs,
    };
  }
}

const referred = (resource: PipelineResource): string[] => [
  ...new Set(componentsOf(resource).map(({ key }) => key)),
];

function read(
  key: string,
  kind: Kind,
  { object, last }: { readonly object: CustomResource; readonly last: Resource | undefined },
): Omit<ObservedResource, 'updatedAtMs'> {
  const { resource, problems } = examine(key, writtenPart(kind, object));
  const taken = hasErrors(problems) ? (last ?? recovered(kind, object)) : resource;
  return { kind, object, problems, taken };
}

/** What ran before this router was there to see it: a failover takes nothing from a pipeline. */
function recovered(kind: Kind, object: CustomResource): Resource | undefined {
  const { running } = object.status ?? {};
  if (running === undefined) return undefined;
  const { resource, problems } = examine('', writtenPart(kind, object, running));
  return hasErrors(problems) ? undefined : resource;
}

function createdAtMs({ metadata }: CustomResource): number {
  return Date.parse(metadata?.creationTimestamp ?? '') || 0;
}
