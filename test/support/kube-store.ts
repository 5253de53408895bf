import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { applyPatch, type Operation } from 'rfc6902';
import type { KubeObject } from '../../src/foundation/kubernetes/api.ts';

/** Any object with its fields at hand. */
export type Stored = KubeObject & Record<string, unknown>;

/** One change, as watches tell it. */
export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly collection: string;
  readonly object: Stored;
  /** What the object was before: a watch with a selector tells that it has left the selection. */
  readonly before: Stored | undefined;
  readonly version: number;
}

/** Where an object is. */
export interface Place {
  /** `<group>/<version>/<plural>`. */
  readonly collection: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** Why the API refuses. */
export class Refusal extends Error {
  readonly httpStatus: number;
  readonly reason: string;
  constructor(httpStatus: number, reason: string, message: string) {
    super(message);
    this.httpStatus = httpStatus;
    this.reason = reason;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** RFC 7396. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, mergePatch(result.get(key), value));
  }
  return Object.fromEntries(result);
}

function listKey(items: readonly unknown[]): string | undefined {
  return ['name', 'type', 'uid'].find((key) => items.every((item) => isObject(item) && key in item));
}

/**
 * What server-side apply does, roughly: a deep merge, lists of named things by name (or type, or uid), other lists as
 * a whole. No conflicts, and nothing goes that a manager does not apply any more.
 */
export function applyMerge(target: unknown, applied: unknown): unknown {
  if (Array.isArray(applied) && Array.isArray(target)) {
    const key = listKey([...(target as unknown[]), ...(applied as unknown[])]);
    if (key === undefined) return applied;
    const merged = new Map((target as Stored[]).map((item) => [item[key], item]));
    for (const item of applied as Stored[])
      merged.set(item[key], applyMerge(merged.get(item[key]), item) as Stored);
    return [...merged.values()];
  }
  if (!isObject(applied) || !isObject(target)) return applied;
  const result: Record<string, unknown> = { ...target };
  for (const [key, value] of Object.entries(applied)) result[key] = applyMerge(result[key], value);
  return result;
}

/** RFC 6902. @throws Refusal 422. */
export function jsonPatch(target: unknown, operations: readonly Operation[]): unknown {
  const result: unknown = structuredClone(target);
  const failed = applyPatch(result, [...operations]).find((error) => error !== null);
  if (failed !== undefined) throw new Refusal(422, 'Invalid', failed.message);
  return result;
}

function fieldOf(object: unknown, path: string): string {
  let value = object;
  for (const part of path.split('.')) value = isObject(value) ? value[part] : undefined;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : '';
}

/** Whether an object is of a field selector's set; every field by its path. */
export function matchesFields(object: Stored, selector: string | null): boolean {
  return (selector ?? '')
    .split(',')
    .filter((term) => term !== '')
    .every((term) => {
      const [, path = '', operator, value] = /^([^=!]+)(!=|==?)(.*)$/.exec(term) ?? [];
      return (fieldOf(object, path) === value) === (operator !== '!=');
    });
}

/** Whether an object is of a label selector's set. */
export function matchesLabels(object: Stored, selector: string | null): boolean {
  const labels = object.metadata?.labels ?? {};
  // commas between brackets are between values
  const terms = (selector ?? '').split(/,(?![^(]*\))/).map((term) => term.trim());
  return terms
    .filter((term) => term !== '')
    .every((term) => {
      const [, key = '', not, values = ''] = /^(\S+)\s+(not)?in\s*\(([^)]*)\)$/.exec(term) ?? [];
      if (key !== '') {
        const within = values.split(',').map((value) => value.trim());
        return within.includes(labels[key] ?? '') === (not === undefined);
      }
      const [, name = '', operator, value] = /^([^=!]+)(!=|==?)(.*)$/.exec(term) ?? [];
      if (name !== '') return (labels[name.trim()] === value?.trim()) === (operator !== '!=');
      return term.startsWith('!') ? !(term.slice(1) in labels) : term in labels;
    });
}

/** Objects of any kind, with versions, and the changes that watches replay. */
export function createStore(told: (change: Change) => void) {
  const objects = new Map<string, Stored>();
  let changes: Change[] = [];
  let version = 1_000;
  let forgotten = version;
  const keyOf = ({ collection, namespace, name }: Place): string =>
    `${collection}|${namespace ?? ''}|${name}`;

  const tell = (change: Change): void => {
    changes.push(change);
    told(change);
  };
  const stamp = (object: Stored, place: Place, before: Stored | undefined): Stored => ({
    ...object,
    metadata: {
      ...object.metadata,
      name: place.name,
      ...(place.namespace === undefined ? {} : { namespace: place.namespace }),
      uid: before?.metadata?.uid ?? object.metadata?.uid ?? randomUUID(),
      creationTimestamp:
        before?.metadata?.creationTimestamp ??
        object.metadata?.creationTimestamp ??
        new Date().toISOString().replace(/\.\d+/, ''),
      generation:
        (before?.metadata?.generation ?? 0) +
        (before === undefined || !isDeepStrictEqual(before['spec'], object['spec']) ? 1 : 0),
      resourceVersion: before?.metadata?.resourceVersion ?? '',
    },
  });

  return {
    get version() {
      return version;
    },
    /** Changes since; undefined when they are forgotten. */
    since: (from: number): readonly Change[] | undefined =>
      from < forgotten ? undefined : changes.filter((change) => change.version > from),
    /** Forgets all changes until now: who wants to watch from before is told 410. */
    compact(): void {
      changes = [];
      forgotten = ++version;
    },
    get: (place: Place): Stored | undefined => objects.get(keyOf(place)),
    list: (collection: string, namespace?: string): Stored[] =>
      [...objects]
        .filter(([key]) => key.startsWith(`${collection}|${namespace === undefined ? '' : `${namespace}|`}`))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, object]) => object),
    /** Stores an object as a whole; a write that changes nothing is none. */
    put(place: Place, object: Stored, { dryRun = false } = {}): Stored {
      const before = objects.get(keyOf(place));
      const next = stamp(object, place, before);
      if (dryRun || isDeepStrictEqual(before, next)) return next;
      const stored = { ...next, metadata: { ...next.metadata, resourceVersion: String(++version) } };
      objects.set(keyOf(place), stored);
      const type = before === undefined ? 'ADDED' : 'MODIFIED';
      tell({ type, collection: place.collection, object: stored, before, version });
      return stored;
    },
    remove(place: Place): Stored | undefined {
      const before = objects.get(keyOf(place));
      if (before === undefined) return undefined;
      objects.delete(keyOf(place));
      const object = { ...before, metadata: { ...before.metadata, resourceVersion: String(++version) } };
      tell({ type: 'DELETED', collection: place.collection, object, before, version });
      return object;
    },
  };
}

/** See createStore. */
export type Store = ReturnType<typeof createStore>;
