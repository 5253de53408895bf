import { createListeners } from '../lifecycle/listeners.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { KubeObject, WatchEvent } from './api.ts';

/** `<namespace>/<name>`, or `<name>` of what has no namespace. */
export function keyOf({ metadata: { namespace, name = '' } = {} }: KubeObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** The objects that a follower holds, and who hears of their changes. */
export interface Holding<T> {
  readonly items: ReadonlyMap<string, T>;
  /** A list: what is not in it is gone. @returns whether anything has changed. */
  replace(objects: readonly T[]): boolean;
  apply(event: Extract<WatchEvent<T>, { readonly object: T }>): void;
  tell(keys: readonly string[]): void;
  onChange(listener: (keys: readonly string[]) => void): () => void;
}

/** Without what nobody reads and what is half of many objects. */
function lean<T extends KubeObject>(object: T): T {
  if (object.metadata?.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function sameVersion(one: KubeObject | undefined, other: KubeObject): boolean {
  const version = other.metadata?.resourceVersion;
  return version !== undefined && one?.metadata?.resourceVersion === version;
}

/** A holding of nothing. A listener that throws is logged: the others hear all the same. */
export function createHolding<T extends KubeObject>(logger: Logger): Holding<T> {
  const items = new Map<string, T>();
  const listeners = createListeners<[readonly string[]]>((error) =>
    logger.error('a listener failed', { error }),
  );
  const tell = (keys: readonly string[]): void => listeners.tell(keys);
  return {
    items,
    tell,
    replace(objects) {
      const next = new Map(objects.map((object) => [keyOf(object), object]));
      const gone = [...items.keys()].filter((key) => !next.has(key));
      const changed = [...next].filter(([key, object]) => !sameVersion(items.get(key), object));
      for (const key of gone) items.delete(key);
      for (const [key, object] of changed) items.set(key, lean(object));
      const keys = [...gone, ...changed.map(([key]) => key)];
      if (keys.length > 0) tell(keys);
      return keys.length > 0;
    },
    apply({ type, object }) {
      const key = keyOf(object);
      if (type === 'DELETED') items.delete(key);
      else if (sameVersion(items.get(key), object)) return;
      else items.set(key, lean(object));
      tell([key]);
    },
    onChange: (listener) => listeners.on(listener),
  };
}
